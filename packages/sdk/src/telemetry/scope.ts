/** Who says so, in every span: name and version of the package, which a test holds against package.json. */
export const scope = { name: '@keylease/sdk', version: '0.1.0' } as const
