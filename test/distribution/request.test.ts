import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseContentRange, parseRange, parseRoute, type Route } from '../../src/distribution/request.ts'

const DIGEST = `sha256:${'0'.repeat(64)}`

/** Names that hold the words of the API, as they may. */
const aName = fc
  .array(
    fc.constantFrom('blobs', 'manifests', 'tags', 'list', 'uploads', 'referrers', 'v2', 'a__b', 'team-1.x'),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parts) => parts.join('/'))

/** Every endpoint of distribution-spec, "Endpoints", by the path that opens it. */
const endpoints: [path: (name: string) => string, route: (name: string) => Route][] = [
  [(name) => `/v2/${name}/tags/list`, (name) => ({ kind: 'tags', name })],
  [(name) => `/v2/${name}/manifests/latest`, (name) => ({ kind: 'manifest', name, reference: 'latest' })],
  [(name) => `/v2/${name}/manifests/${DIGEST}`, (name) => ({ kind: 'manifest', name, reference: DIGEST })],
  [(name) => `/v2/${name}/blobs/${DIGEST}`, (name) => ({ kind: 'blob', name, digest: DIGEST })],
  [(name) => `/v2/${name}/blobs/uploads/`, (name) => ({ kind: 'uploads', name })],
  [(name) => `/v2/${name}/blobs/uploads`, (name) => ({ kind: 'uploads', name })],
  [(name) => `/v2/${name}/blobs/uploads/u-1`, (name) => ({ kind: 'upload', name, uploadId: 'u-1' })],
  [(name) => `/v2/${name}/referrers/${DIGEST}`, (name) => ({ kind: 'referrers', name, digest: DIGEST })],
]

describe('parseRoute', () => {
  it.each<[string, Route]>([
    ['/v2', { kind: 'base' }],
    ['/v2/', { kind: 'base' }],
    ['/v2/_catalog', { kind: 'catalog' }],
  ])('reads %s', (path, route) => {
    expect(parseRoute(path)).toEqual(route)
  })

  it.each(endpoints.map(([path, route]) => [path('<name>'), path, route] as const))(
    'reads %s, whatever words of the API the name holds and whatever is escaped',
    (_label, path, route) => {
      fc.assert(
        fc.property(aName, fc.nat(), (name, choices) => {
          const escaped = path(name)
            .slice('/v2/'.length)
            .replace(/[^/]/g, (character, index) =>
              (choices >> (index % 31)) & 1 ? `%${character.charCodeAt(0).toString(16)}` : character,
            )
          expect(parseRoute(`/v2/${escaped}`)).toEqual(route(name))
        }),
      )
    },
  )

  it.each([
    '/v2//',
    '/v2/name',
    '/v2/_catalog/',
    '/v2/name/tags',
    '/v2/name/tags/list/',
    '/v2/name/manifests/a/b',
    '/v2/name/uploads/u-1',
    '/v2/name/%',
    '/v2/name/manifests/%zz',
    '/v2/name/manifests/%ff',
  ])('finds no endpoint at %s', (path) => {
    expect(parseRoute(path)).toEqual({ kind: 'unknown' })
  })

  it('takes any path', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webPath(), fc.string({ unit: 'binary' })), (path) => {
        expect(parseRoute(`/v2/${path}`).kind).toMatch(/^[a-z]+$/)
      }),
    )
  })
})

describe('parseContentRange', () => {
  it.each([
    ['0-5', { first: 0, last: 5 }],
    ['bytes 0-5', { first: 0, last: 5 }],
    ['bytes=6-6', { first: 6, last: 6 }],
    ['bytes 0-5/6', { first: 0, last: 5 }],
    ['bytes 10-19/*', { first: 10, last: 19 }],
    [undefined, undefined],
    ['', null],
    ['5-0', null],
    ['0-', null],
    ['-5', null],
    ['0-5,6-7', null],
    ['bytes */6', null],
    ['0x0-0x5', null],
    [`0-${'9'.repeat(16)}`, null],
  ])('reads %s', (header, range) => {
    expect(parseContentRange(header)).toEqual(range)
  })
})

describe('parseRange', () => {
  it.each([
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=2-5', { first: 2, last: 5 }],
    ['bytes=5-', { first: 5, last: 9 }],
    ['bytes=5-999', { first: 5, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-999', { first: 0, last: 9 }],
    ['bytes=10-', null],
    ['bytes=10-20', null],
    ['bytes=-0', null],
    ['bytes=5-2', null],
    [undefined, undefined],
    ['bytes=-', undefined],
    ['bytes=0-1,3-4', undefined],
    ['items=0-1', undefined],
    ['bytes=a-b', undefined],
  ])('reads %s of ten bytes', (header, range) => {
    expect(parseRange(header, 10)).toEqual(range)
  })

  it.each(['bytes=0-0', 'bytes=0-', 'bytes=-1'])('finds no byte of an empty blob for %s', (header) => {
    expect(parseRange(header, 0)).toBeNull()
  })

  it('answers a range that is within the blob, or none', () => {
    const bound = fc.oneof(fc.constant(''), fc.nat(2000).map(String))
    fc.assert(
      fc.property(bound, bound, fc.nat(1000), (from, to, size) => {
        const range = parseRange(`bytes=${from}-${to}`, size)
        if (!range) return
        expect(range.first).toBeGreaterThanOrEqual(0)
        expect(range.last).toBeGreaterThanOrEqual(range.first)
        expect(range.last).toBeLessThan(size)
      }),
    )
  })
})
