/** The path of what is sent, without the query. */
export function pathOf(target: string): string {
  const end = target.indexOf('?')
  return end === -1 ? target : target.slice(0, end)
}

/** What a path as sent has to match for a template of it; a variable, `{id}`, stands for one segment, empty or not. */
export const pathPattern = (template: string, flags = ''): RegExp =>
  new RegExp(`^${template.replace(/\{[^{}]+\}/g, '[^/]*')}$`, flags)
