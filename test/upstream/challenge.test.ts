import { describe, expect, it } from 'vitest'
import { parseChallenges } from '../../src/upstream/challenge.ts'

describe('parseChallenges', () => {
  const bearer = { realm: 'https://auth.example.com/token', service: 'example.com' }
  it.each<[string, object[]]>([
    ['', []],
    ['Basic', [{ scheme: 'basic' }]],
    ['Basic realm="a, b = c"', [{ scheme: 'basic', realm: 'a, b = c' }]],
    [`Bearer realm="${bearer.realm}",service="${bearer.service}"`, [{ scheme: 'bearer', ...bearer }]],
    [`bearer Realm = "${bearer.realm}" , SERVICE=${bearer.service}`, [{ scheme: 'bearer', ...bearer }]],
    [
      `Negotiate, Bearer realm="${bearer.realm}",scope="repository:a/b:pull,push",service="${bearer.service}", Basic realm="x"`,
      [
        { scheme: 'negotiate' },
        { scheme: 'bearer', ...bearer, scope: 'repository:a/b:pull,push' },
        { scheme: 'basic', realm: 'x' },
      ],
    ],
    ['Bearer realm="say \\"a\\""', [{ scheme: 'bearer', realm: 'say "a"' }]],
  ])('reads %s', (header, challenges) => {
    const read = parseChallenges(header).map(({ scheme, parameters }) => ({
      scheme,
      ...Object.fromEntries(parameters),
    }))
    expect(read).toEqual(challenges)
  })
})
