import { createHash } from 'node:crypto'
import { queryText } from './credentials.ts'

/** A request as its signature covers it; as in Node, each character of its texts is a byte that came. */
export interface SignedRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** By names in lower case, with each of their values: Node's `headersDistinct`. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>
  readonly body: Uint8Array
}

/** The header by which a request tells the hash of its body. */
export const CONTENT_HASH = 'x-amz-content-sha256'

/**
 * What of a request is signed, in the form that is the same however it was sent. Paths are normalized and encoded
 * once more, as all services but S3 do.
 *
 * @param signedHeaders names in lower case
 * @param isPresigned whether the signature is in the query, which covers all of it but the signature itself
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html step 1
 */
export function canonicalRequest(
  { method, url, headers, body }: SignedRequest,
  signedHeaders: readonly string[],
  isPresigned: boolean,
): string {
  const names = [...signedHeaders].sort()
  return [
    method,
    canonicalPath(url.split('?', 1)[0] as string),
    canonicalQuery(queryText(url), isPresigned),
    ...names.map((name) => `${name}:${headers[name]?.map(canonicalValue).join(',') ?? ''}`),
    '',
    names.join(';'),
    // What the header tells is signed; whether it tells the truth is another question.
    (names.includes(CONTENT_HASH) && headers[CONTENT_HASH]?.[0]) || sha256(body),
  ].join('\n')
}

/** In hexadecimal; a text's bytes are its characters, as in a `SignedRequest`. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256')
    .update(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    .digest('hex')
}

function canonicalPath(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(encode(segment))
  }
  return kept.length > 0 && path.endsWith('/') ? `/${kept.join('/')}/` : `/${kept.join('/')}`
}

function canonicalQuery(query: string, isPresigned: boolean): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = ''] = pair.split('=', 1)
      return { name: encode(decode(name)), value: encode(decode(pair.slice(name.length + 1))) }
    })
    .filter(({ name }) => !(isPresigned && name === 'X-Amz-Signature'))
    .sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value))
    .map(({ name, value }) => `${name}=${value}`)
    .join('&')
}

function canonicalValue(value: string): string {
  return value.replaceAll(/[ \t]+/g, ' ').trim()
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** RFC 3986, section 2.3: all bytes but the unreserved. */
function encode(text: string): string {
  return text.replaceAll(
    /[^\w.~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

/** As of forms; an escape that is none stands for itself. */
function decode(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
