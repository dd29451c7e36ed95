import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBrowser } from './browser'
import { startProduct } from './product'

/** One product and one browser for every spec; what it returns ends both. */
export default async function setUp(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'keylease-e2e-'))
  const remove = () => rm(directory, { recursive: true, force: true })
  try {
    const browser = await findBrowser(directory)
    const token = randomBytes(32).toString('base64url')
    const product = await startProduct(join(directory, 'data'), token)
    process.env['KEYLEASE_E2E_BROWSER'] = JSON.stringify(browser)
    process.env['KEYLEASE_E2E_URL'] = product.url
    process.env['KEYLEASE_E2E_TOKEN'] = token
    process.env['KEYLEASE_E2E_OWNER_LINK'] = product.ownerLink ?? ''
    return () => product.stop().finally(remove)
  } catch (error) {
    await remove()
    throw error
  }
}
