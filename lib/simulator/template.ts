import { paramError } from './problem'

const VARIABLE = /^\{(\w+)\}$/

/** A path's segments, percent-decoded; what is no valid encoding stands for nothing the platform has */
export type Segments = readonly (string | undefined)[]

const decode = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** Splits the path of a request, which begins with a slash */
export const segmentsOf = (path: string): Segments => path.slice(1).split('/').map(decode)

/** Whether a segment of a template stands for a variable */
export const isVariable = (segment: string): boolean => VARIABLE.test(segment)

/** Whether a path is one that the template stands for */
export const matches = (template: readonly string[], segments: Segments): boolean =>
  template.length === segments.length &&
  template.every((segment, at) => isVariable(segment) || segment === segments[at])

/** The variables of a path that matches. @throws Problem `PARAM_ERROR` for one that is empty or badly encoded */
export const variablesOf = (template: readonly string[], segments: Segments): Record<string, string> => {
  const found: Record<string, string> = {}
  for (const [at, segment] of template.entries()) {
    const name = VARIABLE.exec(segment)?.[1]
    if (name === undefined) continue
    const value = segments[at]
    if (!value)
      throw paramError(`/${name}`, value, value === '' ? 'must not be empty' : 'bad percent-encoding', 'path')
    found[name] = value
  }
  return found
}
