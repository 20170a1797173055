/** The path of what is sent, without the query. */
export const pathOf = (target: string): string => target.split('?', 1)[0] ?? ''

/** What a path as sent has to match for a template of it; a variable, `{id}`, stands for one segment, empty or not. */
export const pathPattern = (template: string, flags = ''): RegExp =>
  new RegExp(`^${template.replace(/\{[^{}]+\}/g, '[^/]*')}$`, flags)
