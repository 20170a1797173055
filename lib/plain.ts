/** An object that is nothing but its members, of whatever realm: not a list, not an instance of some class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || (!Array.isArray(value) && Object.getPrototypeOf(prototype) === null)
}

/** A list or such an object: what holds further values. An instance of some class is a mistake better told than guessed at. */
export function isComposite(value: unknown): value is object {
  return Array.isArray(value) || isPlainObject(value)
}
