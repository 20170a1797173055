import { type Field, type Group, type Operation, operations } from '../../../lib/catalogue'

type Schema = Readonly<Record<string, unknown>>

/** The catalogue as an OpenAPI 3.1 document, for what generates types from one. */
export function openapiDocument(): Schema {
  const paths: Record<string, Record<string, Schema>> = {}
  for (const operation of operations()) {
    const path = `/${operation.uri}`
    paths[path] = { ...paths[path], [operation.verb.toLowerCase()]: operationObject(operation) }
  }
  return { openapi: '3.1.0', info: { title: 'WeChat Pay', version: '1' }, paths }
}

function operationObject(operation: Operation): Schema {
  const { title, query, headers, answer } = operation
  const body = bodyOf(operation)
  const response = schemaOfFields(answer.fields ?? [])
  return {
    summary: title,
    parameters: [...variables(operation), ...parameters('query', query), ...parameters('header', headers)],
    ...(body && {
      requestBody: {
        required: body.group.required === true,
        content: { [body.type]: { schema: schemaOfFields(body.group.fields) } },
      },
    }),
    responses: {
      [answer.status ?? 200]: {
        description: 'Success',
        ...(answer.fields && { content: { 'application/json': { schema: response } } }),
      },
    },
  }
}

function bodyOf({ json, xml, multipart }: Operation): { type: string; group: Group } | undefined {
  if (json) return { type: 'application/json', group: json }
  if (xml) return { type: 'text/xml', group: xml }
  return multipart && { type: 'multipart/form-data', group: multipart }
}

function variables({ uri, variables: fields = [] }: Operation): Schema[] {
  return [...uri.matchAll(/\{([^}]+)\}/g)].map(([, name]) => {
    const field = fields.find((each) => each.name === name)
    return {
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
      ...(field?.label && { description: field.label }),
    }
  })
}

const parameters = (place: 'query' | 'header', group: Group | undefined): Schema[] =>
  (group?.fields ?? []).map((field) => ({
    name: field.name,
    in: place,
    required: field.required === true,
    schema: schemaOf(field),
  }))

function schemaOfFields(fields: readonly Field[]): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, schemaOf(field)])),
    required: fields.filter(({ required }) => required).map(({ name }) => name),
  }
}

function schemaOf(field: Field): Schema {
  const type = field.type.replace('[]', '')
  const item = itemSchema(field, type)
  const description = field.label === undefined ? {} : { description: field.label }
  return field.type.endsWith('[]')
    ? { type: 'array', items: item, ...description }
    : { ...item, ...description }
}

function itemSchema({ fields, variants, enum: values }: Field, type: string): Schema {
  if (fields) return schemaOfFields(fields)
  if (variants) return { oneOf: variants.map((variant) => schemaOfFields(variant.fields)) }
  return { type: type === 'file' ? 'string' : type, ...(values && { enum: values }) }
}
