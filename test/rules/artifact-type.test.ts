import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesArtifactType } from '../../src/rules/artifact-type.ts'

const HELM = 'application/vnd.cncf.helm.config.v1+json'

describe('matchesArtifactType', () => {
  it.each([
    [HELM, [HELM], true],
    [HELM, ['application/vnd.cncf.helm.config.v1'], false],
    [HELM, ['application/vnd.cncf.helm.*'], true],
    [HELM, [`${HELM}*`], true],
    [HELM, [`${HELM}x*`], false],
    [HELM, ['application/*'], true],
    [HELM, ['text/*'], false],
    [HELM, ['text/plain', HELM], true],
    [HELM, HELM.toUpperCase().split(' '), false],
    [HELM, ['*'], true],
    [HELM, [], false],
    [undefined, ['application/*'], false],
    [undefined, [HELM], false],
    [undefined, ['text/plain', '*'], true],
  ])('%s by %j: %s', (artifactType, types, matches) => {
    expect(matchesArtifactType(artifactType, types)).toBe(matches)
  })

  it('takes any prefix of a type before the wildcard', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), (type, length) => {
        expect(matchesArtifactType(type, [`${type.slice(0, length % (type.length + 1))}*`])).toBe(true)
      }),
    )
  })
})
