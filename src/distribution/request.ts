/** What a path below `/v2/` is about; names of distribution-spec's "Endpoints". */
export type Route =
  /** end-1 */
  | { readonly kind: 'base' }
  | { readonly kind: 'catalog' }
  /** end-8 */
  | { readonly kind: 'tags'; readonly name: string }
  /** end-3, end-7, end-9 */
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  /** end-2, end-10 */
  | { readonly kind: 'blob'; readonly name: string; readonly digest: string }
  /** end-4, end-11 */
  | { readonly kind: 'uploads'; readonly name: string }
  /** end-5, end-6, end-13, end-14 */
  | { readonly kind: 'upload'; readonly name: string; readonly uploadId: string }
  /** end-12 */
  | { readonly kind: 'referrers'; readonly name: string; readonly digest: string }
  | { readonly kind: 'unknown' }

const UNKNOWN: Route = { kind: 'unknown' }

/**
 * Reads a path. It is matched from its end, as a repository's name may hold the words of the API:
 * `/v2/team/blobs/manifests/blobs/uploads/` opens an upload in `team/blobs/manifests`.
 *
 * @param path begins with `/v2`, without a query
 */
export function parseRoute(path: string): Route {
  const segments = decodeSegments(path.slice('/v2/'.length))
  if (!segments) return UNKNOWN
  const last = segments.at(-1) ?? ''
  if (segments.length === 1) {
    if (last === '') return { kind: 'base' }
    return last === '_catalog' ? { kind: 'catalog' } : UNKNOWN
  }

  const word = segments.at(-2)
  if (segments.at(-3) === 'blobs' && word === 'uploads') {
    const name = segments.slice(0, -3).join('/')
    return last === '' ? { kind: 'uploads', name } : { kind: 'upload', name, uploadId: last }
  }
  const name = segments.slice(0, -2).join('/')
  if (word === 'blobs' && last === 'uploads') return { kind: 'uploads', name }
  if (word === 'blobs') return { kind: 'blob', name, digest: last }
  if (word === 'manifests') return { kind: 'manifest', name, reference: last }
  if (word === 'referrers') return { kind: 'referrers', name, digest: last }
  if (word === 'tags' && last === 'list') return { kind: 'tags', name }
  return UNKNOWN
}

function decodeSegments(path: string): string[] | undefined {
  if (!path.includes('%')) return path.split('/')
  try {
    return path.split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}

/** A chunk's place in an upload, inclusive. */
export interface ContentRange {
  readonly first: number
  readonly last: number
}

const CONTENT_RANGE = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/

/**
 * The Content-Range of a chunk: `0-5` as distribution-spec has it, or with a unit and a total as HTTP does.
 * `null` when it is malformed, undefined when there is none.
 */
export function parseContentRange(header: string | undefined): ContentRange | null | undefined {
  if (header === undefined) return undefined
  const match = CONTENT_RANGE.exec(header)
  if (!match) return null
  const range = { first: Number(match[1]), last: Number(match[2]) }
  return range.last >= range.first ? range : null
}

const BYTE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/

/**
 * The part of a blob that a Range header asks for (RFC 9110, 14.1.2): undefined for all of it, which also
 * answers what is malformed or asks for several ranges; `null` when no byte of it exists, or it ends before it
 * begins, which may be refused as well as ignored (14.2).
 */
export function parseRange(header: string | undefined, size: number): ContentRange | null | undefined {
  const match = header === undefined ? null : BYTE_RANGE.exec(header)
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, from = '', to = ''] = match
  if (from === '') {
    const suffix = Number(to)
    return suffix === 0 || size === 0 ? null : { first: Math.max(0, size - suffix), last: size - 1 }
  }
  const first = Number(from)
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  return first > last ? null : { first, last }
}
