/** `out-refund-no`, `mch_operate`, `face_sid` → `OutRefundNo`, `MchOperate`, `FaceSid` */
export function pascal(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
}

/** A segment of a template as a property: `out-refund-no` → `outRefundNo`, `{face_sid}` → `_face_sid_` */
export function property(segment: string): string {
  const variable = variableOf(segment)
  if (variable !== undefined) return `_${variable}_`
  return segment.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** `{face_sid}` → `face_sid` */
export function variableOf(segment: string): string | undefined {
  return /^\{(.+)\}$/.exec(segment)?.[1]
}

/** A member's name in TypeScript, quoted where it has to be. */
export function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)
}

/** A literal in TypeScript. */
export function literal(value: string | number | boolean): string {
  return typeof value === 'string' ? `'${value.replace(/[\\']/g, '\\$&')}'` : String(value)
}
