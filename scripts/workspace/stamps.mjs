import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './run.mjs'

const notSources = new Set(['node_modules', 'dist', 'build', 'generated', 'test', 'results', '.turbo', '.svelte-kit'])

/** What an install depends on. */
export function hashInstall() {
  const manifests = findFiles(join(root, 'packages'), (name) => name === 'package.json')
  return hashFiles([join(root, 'pnpm-lock.yaml'), join(root, 'pnpm-workspace.yaml'), ...manifests], `${process.platform} ${process.arch}`)
}

/** What a build depends on: cheaper to read than to start the build tool for its answer. */
export function hashSources() {
  const sources = findFiles(join(root, 'packages'), (name) => !/\.test(-d)?\.ts$/.test(name))
  return hashFiles([...sources, join(root, 'tsconfig.base.json'), join(root, 'turbo.json')], hashInstall())
}

export function hasStamp(name, value) {
  const file = stampFile(name)
  return existsSync(file) && readFileSync(file, 'utf8') === value
}

export function writeStamp(name, value) {
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  writeFileSync(stampFile(name), value)
}

export function removeStamp(name) {
  rmSync(stampFile(name), { force: true })
}

const stampFile = (name) => join(root, 'node_modules', `.keylease-${name}`)

function findFiles(directory, isWanted) {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !notSources.has(entry.name))
    .flatMap((entry) => {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) return findFiles(path, isWanted)
      return entry.isFile() && isWanted(entry.name) ? [path] : []
    })
    .sort()
}

function hashFiles(files, seed) {
  const hash = createHash('sha256').update(seed)
  for (const file of files) hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file))
  return hash.digest('hex')
}
