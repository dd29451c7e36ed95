import { registerHooks } from 'node:module'

// The sources leave out the extension of what they import, as bundlers like it; Node wants it. Packages are as Node wants them.
registerHooks({
  resolve(specifier, context, next) {
    const isSource = context.parentURL?.endsWith('.ts') ?? false
    const isBare = /^\.{1,2}\//.test(specifier) && !/\.(?:ts|mjs|js|json)$/.test(specifier)
    return next(isSource && isBare ? `${specifier}.ts` : specifier, context)
  },
})
