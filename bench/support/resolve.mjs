import { registerHooks } from 'node:module'

// The sources leave out the extension of what they import, as bundlers like it; Node wants it.
registerHooks({
  resolve(specifier, context, next) {
    const isBare = /^\.{1,2}\//.test(specifier) && !/\.(?:ts|mjs|js|json)$/.test(specifier)
    return next(isBare ? `${specifier}.ts` : specifier, context)
  },
})
