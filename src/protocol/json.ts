import { isUtf8 } from 'node:buffer'
import { serializationError } from './errors.ts'

/** The content type of requests and answers. */
export const JSON_1_1 = 'application/x-amz-json-1.1'

/**
 * The input that a request carries. Members that are null count as absent (AWS JSON protocol); nulls in a
 * list stay, for the schema to refuse. An empty body is an input without members (Smithy's protocol tests of
 * awsJson1_1: a service takes no payload as it takes `{}`).
 *
 * @throws FrameworkError SerializationException
 */
export function decodeJson(body: Buffer): object {
  if (body.length === 0) return {}
  const input = parseJson(body)
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw serializationError('The request body must be a JSON object')
  dropNulls(input)
  return input
}

function parseJson(body: Buffer): unknown {
  // Node would read bytes that are no UTF-8 as U+FFFD and go on.
  if (!isUtf8(body)) throw serializationError('The request body is not UTF-8')
  try {
    // A byte order mark is skipped, as AWS's Java front ends do (Jackson).
    return JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''))
  } catch {
    throw serializationError('Unable to parse the request body as JSON')
  }
}

/** Without recursion: members that no schema knows may be nested deeper than any stack. */
function dropNulls(input: object): void {
  const pending: object[] = [input]
  for (let value = pending.pop(); value; value = pending.pop())
    for (const [name, member] of Object.entries(value)) {
      if (member === null && !Array.isArray(value)) delete (value as Record<string, unknown>)[name]
      else if (typeof member === 'object' && member !== null) pending.push(member)
    }
}

/**
 * An answer as ECR writes it: keys in alphabetical order, absent members left out, times as epoch seconds
 * with milliseconds, bytes as base64.
 */
export function encodeJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(encodeJson).join(',')}]`
  if (value instanceof Date) return String(value.getTime() / 1000)
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  let text = ''
  for (const name of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[name]
    if (member !== undefined) text += `${text ? ',' : ''}${JSON.stringify(name)}:${encodeJson(member)}`
  }
  return `{${text}}`
}

/** The body of an error: `__type`, `message` where there is one, and the members that the model gives it. */
export function encodeError(code: string, message: string | undefined, members: object = {}): string {
  // Observed: AccessDeniedException alone writes its message with a capital.
  const messageMember = code === 'AccessDeniedException' ? 'Message' : 'message'
  return encodeJson({ __type: code, [messageMember]: message, ...members })
}
