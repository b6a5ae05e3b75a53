import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision } from '../../src/lifecycle/evaluate.ts'
import { planActs } from '../../src/lifecycle/plan.ts'
import type { Candidate } from '../../src/lifecycle/selection.ts'
import { archive, candidate, expire } from '../support/lifecycle.ts'

const NOW = Date.parse('2026-11-25T00:00:00Z')
const expiry = expire(1, {})
const transition = archive(2, { countType: 'sinceImagePulled' })

type Fate = 'expire' | 'transition' | 'stay'

function decisionOf(image: Candidate, fate: Fate): Decision {
  const rule = fate === 'expire' ? expiry : fate === 'transition' ? transition : undefined
  return { image, rule, acts: fate !== 'stay' }
}

describe('planActs', () => {
  const inArchive = { status: 'ARCHIVED' } as const

  it.each<[child: Fate, parent: Fate, of: Partial<Candidate>, isRefused: boolean]>([
    ['expire', 'stay', {}, true],
    ['expire', 'stay', inArchive, true],
    ['expire', 'expire', {}, false],
    ['expire', 'transition', {}, true],
    ['transition', 'stay', {}, true],
    ['transition', 'stay', inArchive, false],
    ['transition', 'expire', {}, false],
    ['transition', 'transition', {}, false],
  ])('a child that shall %s, of an index that shall %s (%j): refused %s', (child, parent, of, isRefused) => {
    const index = candidate(NOW, 1, of)
    const image = candidate(NOW, 1, { parents: [index.digest] })
    const { acts, refused } = planActs([decisionOf(image, child), decisionOf(index, parent)])
    expect(refused.map(({ image: { id }, parents }) => [id, parents])).toEqual(
      isRefused ? [[image.id, [index.digest]]] : [],
    )
    const order = acts.map(({ image: { id } }) => id)
    expect(order).toEqual([...(parent === 'stay' ? [] : [index.id]), ...(isRefused ? [] : [image.id])])
  })

  it('names only the indexes that stay', () => {
    const [gone, kept] = [candidate(NOW, 1), candidate(NOW, 1)]
    const image = candidate(NOW, 1, { parents: [gone.digest, kept.digest] })
    const fates = [decisionOf(image, 'expire'), decisionOf(gone, 'expire'), decisionOf(kept, 'stay')]
    expect(planActs(fates).refused).toEqual([{ image, rule: expiry, parents: [kept.digest] }])
  })

  it('refuses down a chain: what stays for its index keeps its own children', () => {
    const top = candidate(NOW, 1)
    const middle = candidate(NOW, 1, { parents: [top.digest] })
    const leaf = candidate(NOW, 1, { parents: [middle.digest] })
    const { acts, refused } = planActs([
      decisionOf(leaf, 'expire'),
      decisionOf(middle, 'expire'),
      decisionOf(top, 'stay'),
    ])
    expect(acts).toEqual([])
    expect(refused.map(({ image, parents }) => [image, parents])).toEqual([
      [middle, [top.digest]],
      [leaf, [middle.digest]],
    ])
  })

  /** Images of which each may be named by some that were pushed after it, and what shall become of them. */
  const graphs = fc
    .array(
      fc.record({
        fate: fc.constantFrom<Fate>('expire', 'transition', 'stay'),
        status: fc.constantFrom('ACTIVE' as const, 'ARCHIVED' as const),
        namedBy: fc.array(fc.nat(5), { maxLength: 2 }),
      }),
      { maxLength: 12 },
    )
    .map((nodes) => {
      const made: Decision[] = []
      for (const { fate, status, namedBy } of nodes.toReversed()) {
        const parents = [...new Set(namedBy.flatMap((back) => made.at(-1 - back)?.image.digest ?? []))]
        made.push(decisionOf(candidate(NOW, 1, { parents, status }), fate))
      }
      return made
    })

  it('acts on each image once, never before an index that names it, and leaves nothing out', () => {
    fc.assert(
      fc.property(graphs, (decisions) => {
        const { acts, refused } = planActs(decisions)
        const planned = [...acts, ...refused].map(({ image }) => image)
        expect(new Set(planned)).toEqual(new Set(decisions.flatMap(({ image, acts }) => (acts ? image : []))))
        expect(new Set(planned).size).toBe(planned.length)

        const status = new Map<string, string>(decisions.map(({ image }) => [image.digest, image.status]))
        const keepersOf = ({ image, rule }: (typeof acts)[number]) =>
          image.parents.filter(
            (parent) =>
              status.has(parent) && !(rule.action.type === 'transition' && status.get(parent) === 'ARCHIVED'),
          )
        for (const act of acts) {
          expect(keepersOf(act)).toEqual([])
          if (act.rule.action.type === 'expire') status.delete(act.image.digest)
          else status.set(act.image.digest, 'ARCHIVED')
        }
        for (const { parents, ...act } of refused) expect(keepersOf(act)).toEqual(parents)
      }),
      { numRuns: 500 },
    )
  })
})
