/** Whether an answer may repeat a field's name: one longer or stranger than an identifier may be a secret in the wrong place. */
export function isShowableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,31}$/.test(name)
}
