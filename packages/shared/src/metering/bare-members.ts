/**
 * An object that inherits no member. Made by a constructor, for one that is made without a prototype is a hash table, several times as
 * large and slow.
 */
export class BareMembers {
  [name: string]: unknown
}

Object.setPrototypeOf(BareMembers.prototype, null)
Reflect.deleteProperty(BareMembers.prototype, 'constructor')
