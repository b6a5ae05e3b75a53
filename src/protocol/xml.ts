import { Builder } from 'xml2js'

/** What writes a member: structurally the shapes of src/generated/sts. */
export type XmlShape =
  | { readonly type: 'structure'; readonly members: { readonly [name: string]: XmlShape } }
  | {
      readonly type: 'list'
      readonly memberName: string
      readonly flattened: boolean
      readonly member: XmlShape
    }
  | { readonly type: 'string' | 'integer' | 'long' | 'double' | 'float' | 'boolean' | 'blob' | 'timestamp' }

export interface XmlAnswer {
  readonly action: string
  readonly namespace: string
  readonly resultWrapper: string
  readonly shape: XmlShape
}

/** What no XML document may hold, however it is written (XML 1.0, 2.2). */
const NOT_IN_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu

const builder = new Builder({ headless: true, renderOpts: { pretty: false } })

/** A successful answer of the query protocol: members in the model's order, absent ones left out. */
export function encodeXml(
  { action, namespace, resultWrapper, shape }: XmlAnswer,
  output: object,
  requestId: string,
): string {
  return builder.buildObject({
    [`${action}Response`]: {
      $: { xmlns: namespace },
      [resultWrapper]: xmlOf(shape, output),
      ResponseMetadata: { RequestId: requestId },
    },
  })
}

/** An error of the query protocol. */
export function encodeXmlError(
  namespace: string,
  { type, code, message }: { type: string; code: string; message: string },
  requestId: string,
): string {
  return builder.buildObject({
    ErrorResponse: {
      $: { xmlns: namespace },
      // A message may repeat what the caller sent.
      Error: { Type: type, Code: code, Message: message.replaceAll(NOT_IN_XML, '\uFFFD') },
      RequestId: requestId,
    },
  })
}

function xmlOf(shape: XmlShape, value: unknown): unknown {
  switch (shape.type) {
    case 'structure': {
      const members = Object.entries(shape.members).map(([name, member]) => [name, member] as const)
      const given = value as Record<string, unknown>
      return Object.fromEntries(
        members
          .filter(([name]) => given[name] !== undefined)
          .map(([name, member]) => [name, xmlOf(member, given[name])]),
      )
    }
    case 'list': {
      const items = (value as unknown[]).map((item) => xmlOf(shape.member, item))
      return shape.flattened ? items : { [shape.memberName]: items }
    }
    case 'timestamp':
      // AWS query protocol: ISO 8601, whole seconds.
      return (value as Date).toISOString().replace(/\.\d{3}Z$/, 'Z')
    default:
      return String(value)
  }
}
