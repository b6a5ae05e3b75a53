import { generateKeyPairSync } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { digestOf, hexOf } from '../../src/rules/digest.ts'
import { EMPTY_LAYER, schema1Of } from '../../src/rules/schema-1.ts'
import { printSchema1, signSchema1 } from '../../src/rules/schema-1-signature.ts'
import { verifiedSchema1 } from '../support/schema-1.ts'

const named = { name: 'team/app', tag: 'v1' }
const base = digestOf(Buffer.from('base'))
const top = digestOf(Buffer.from('top'))
const idOf = (text: string) => hexOf(digestOf(Buffer.from(text)))

const config = {
  architecture: 'arm64',
  os: 'linux',
  config: { Cmd: ['/app'] },
  created: '2026-01-03T00:00:00Z',
  rootfs: { type: 'layers', diff_ids: [base, top] },
  history: [
    { created: '2026-01-01T00:00:00Z', created_by: 'ADD base /', author: 'a', comment: 'c' },
    { created: '2026-01-02T00:00:00Z', created_by: 'ENV A=1', empty_layer: true },
    { created: '2026-01-03T00:00:00Z', created_by: 'COPY app /' },
  ],
}
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))

describe('EMPTY_LAYER', () => {
  it("is the digest of Docker's gzip of 1,024 zero bytes", () => {
    const gzip = Buffer.from('H4sIAAAJbogA/2IYBaNgFIxYAAgAAP//Lq+17wAEAAA=', 'base64')
    expect(gunzipSync(gzip)).toEqual(Buffer.alloc(1024))
    expect(EMPTY_LAYER).toBe(digestOf(gzip))
  })
})

describe('schema1Of', () => {
  it('tells the history from the newest step, each with its layer or the empty one', () => {
    const manifest = schema1Of(named, [base, top], bytes(config))
    const ids = [idOf(`${hexOf(base)} `)]
    ids.push(idOf(`${hexOf(EMPTY_LAYER)} ${ids[0]}`))
    ids.push(idOf(`${hexOf(top)} ${ids[1]} ${JSON.stringify(config)}`))

    const { history, ...others } = manifest ?? { history: [] }
    expect(others).toEqual({
      schemaVersion: 1,
      ...named,
      architecture: 'arm64',
      fsLayers: [top, EMPTY_LAYER, base].map((blobSum) => ({ blobSum })),
    })
    expect(history.map(({ v1Compatibility }) => JSON.parse(v1Compatibility))).toEqual([
      {
        id: ids[2],
        parent: ids[1],
        architecture: 'arm64',
        os: 'linux',
        config: { Cmd: ['/app'] },
        created: '2026-01-03T00:00:00Z',
      },
      {
        id: ids[1],
        parent: ids[0],
        created: '2026-01-02T00:00:00Z',
        container_config: { Cmd: ['ENV A=1'] },
        throwaway: true,
      },
      {
        id: ids[0],
        created: '2026-01-01T00:00:00Z',
        author: 'a',
        comment: 'c',
        container_config: { Cmd: ['ADD base /'] },
      },
    ])
  })

  it('marks a newest step that made no layer', () => {
    const history = [{ created_by: 'ADD base /' }, { created_by: 'CMD ["/app"]', empty_layer: true }]
    const manifest = schema1Of(named, [base], bytes({ ...config, history }))
    expect(manifest?.fsLayers).toEqual([{ blobSum: EMPTY_LAYER }, { blobSum: base }])
    expect(JSON.parse(manifest?.history[0]?.v1Compatibility ?? '')).toMatchObject({ throwaway: true })
  })

  it('takes null for absent, as configs made in Go have it', () => {
    const history = [{ created: null, created_by: null, author: null, comment: null, empty_layer: null }]
    const manifest = schema1Of(named, [base], bytes({ history }))
    expect(manifest).toMatchObject({ architecture: '', fsLayers: [{ blobSum: base }] })
  })

  it.each([
    ['no JSON', Buffer.from('{')],
    ['no object', bytes([config])],
    ['without a history', bytes({ ...config, history: undefined })],
    ['with an empty history', bytes({ ...config, history: [] })],
    ['with a history of fewer layers', bytes({ ...config, history: config.history.slice(1) })],
    ['with a history of more layers', bytes({ ...config, history: [...config.history, {}] })],
    ['with a history of another type', bytes({ ...config, history: ['ADD base /'] })],
    [
      'with an endless history',
      bytes({ ...config, history: [...config.history, ...Array(998).fill({ empty_layer: true })] }),
    ],
  ])('does not tell a config %s', (_, configBytes) => {
    expect(schema1Of(named, [base, top], configBytes)).toBeUndefined()
  })
})

describe('signSchema1', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const manifest = schema1Of(named, [base, top], bytes(config))
  if (!manifest) throw new Error('The config is one')
  const signed = signSchema1(manifest, privateKey, Date.parse('2026-11-25T10:00:00.123Z'))

  it('signs the text without signatures, which the text with them begins with', () => {
    expect(verifiedSchema1(signed)).toEqual(manifest)
    expect(signed.startsWith(printSchema1(manifest).slice(0, -2))).toBe(true)
  })

  it('says when, and by which key in the form that libtrust checks', () => {
    const [{ header, ...signature }] = JSON.parse(signed).signatures
    expect(JSON.parse(`${Buffer.from(signature.protected, 'base64url')}`)).toEqual({
      formatLength: printSchema1(manifest).length - 2,
      formatTail: 'Cn0',
      time: '2026-11-25T10:00:00Z',
    })
    expect(header.alg).toBe('ES256')
    expect(header.jwk).toMatchObject({ kty: 'EC', crv: 'P-256' })
    expect(header.jwk.kid).toMatch(/^(?:[A-Z2-7]{4}:){11}[A-Z2-7]{4}$/)
  })

  it('does not fit another text', () => {
    expect(() => verifiedSchema1(signed.replace('team/app', 'evil/app'))).toThrow('does not fit')
  })
})
