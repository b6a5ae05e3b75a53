import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as lifecycle from '../../src/lifecycle/evaluate.ts'
import { parsePolicy, type Rule } from '../../src/lifecycle/policy.ts'
import { type Candidate, mismatchOf } from '../../src/lifecycle/selection.ts'
import { digestOf } from '../../src/rules/digest.ts'
import { archive, candidate, DAY, expire, policyText } from '../support/lifecycle.ts'

/** What work comes to when nobody else wants a turn. */
function finished<Result>(steps: lifecycle.Steps<Result>): Result {
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}

const evaluate = (...[policy, images, now]: Parameters<typeof lifecycle.evaluate>) =>
  finished(lifecycle.evaluate(policy, images, now))
const explainer = (...[policy, images, now]: Parameters<typeof lifecycle.explainer>) =>
  finished(lifecycle.explainer(policy, images, now))

const NOW = Date.parse('2026-11-25T00:00:00Z')

const tagged = (daysAgo: number, ...tags: string[]) => candidate(NOW, daysAgo, { tags })
const policyOf = (...rules: Rule[]) => parsePolicy(policyText(...rules))
const patterns = (priority: number, list: string[], rest: Partial<Rule['selection']> = {}) =>
  expire(priority, { tagPatternList: list, ...rest })

/** The letters, in the order of the images, of those on which the rules act. */
function takenBy(rules: Rule[], images: Candidate[]): string {
  return evaluate(policyOf(...rules), images, NOW)
    .flatMap(({ acts }, index) => (acts ? [String.fromCharCode(65 + index)] : []))
    .join('')
}

describe('evaluate', () => {
  describe('the worked cases of the user guide', () => {
    const betaAndProd = () => [
      tagged(10, 'beta-1', 'prod-1'),
      tagged(9, 'beta-2', 'prod-2'),
      tagged(8, 'beta-3'),
    ]
    const pushed5 = { countType: 'sinceImagePushed', countNumber: 5 } as const

    it.each<[which: string, rules: Rule[], images: Candidate[], taken: string]>([
      ['1: prod before beta', [patterns(1, ['prod*']), patterns(2, ['beta*'])], betaAndProd(), 'A'],
      ['2: beta before prod', [patterns(1, ['beta*']), patterns(2, ['prod*'])], betaAndProd(), 'AB'],
      [
        '3: both of two patterns, by age',
        [patterns(1, ['alpha*', 'beta*'], pushed5)],
        [
          tagged(12, 'alpha-1'),
          tagged(11, 'beta-1'),
          tagged(10, 'alpha-2', 'beta-2'),
          tagged(4, 'alpha-3'),
          tagged(3, 'beta-3'),
          tagged(2, 'alpha-4', 'beta-4'),
        ],
        'C',
      ],
      [
        '4: both of two patterns, by count',
        [patterns(1, ['alpha*', 'beta*'])],
        [
          tagged(10, 'alpha-1', 'beta-1', 'gamma-1'),
          tagged(9, 'alpha-2', 'beta-2'),
          tagged(8, 'alpha-3', 'beta-3', 'gamma-2'),
        ],
        'AB',
      ],
      [
        '5: any image',
        [expire(1, {})],
        [tagged(4, 'alpha-1'), tagged(3, 'beta-1'), tagged(2), tagged(1, 'alpha-2')],
        'ABC',
      ],
      [
        '6: three rules that hold from each other',
        [
          patterns(1, ['alpha*']),
          expire(2, { tagStatus: 'untagged', countType: 'sinceImagePushed' }),
          expire(3, {}),
        ],
        [tagged(4, 'alpha-1', 'beta-1'), tagged(3), tagged(2, 'alpha-2'), tagged(1, 'git hash'), tagged(1)],
        'ABD',
      ],
    ])('%s', (_, rules, images, taken) => {
      expect(takenBy(rules, images)).toBe(taken)
    })
  })

  describe('selects', () => {
    it.each<[selection: Partial<Rule['selection']>, taken: string]>([
      [{ tagPrefixList: ['v'] }, 'AB'],
      [{ tagPrefixList: ['v1', 'stable'] }, 'B'],
      [{ tagPrefixList: ['*'] }, ''],
      [{ tagPatternList: ['v1'] }, ''],
      [{ tagPatternList: ['v1.*'] }, 'AB'],
      [{ tagPatternList: ['*1*', '*able'] }, 'B'],
      [{ tagPatternList: ['V*'] }, ''],
      [{ tagStatus: 'untagged' }, 'C'],
      [{ tagStatus: 'any' }, 'ABC'],
    ])('by %j: %s', (selection, taken) => {
      const images = [tagged(3, 'v1.0'), tagged(3, 'v1.1', 'stable'), tagged(3)]
      const rule = expire(1, { ...selection, countType: 'sinceImagePushed', countNumber: 2 })
      expect(takenBy([rule], images)).toBe(taken)
    })

    it('leaves referrers, and what is being restored, alone', () => {
      const [subject] = [tagged(3)]
      const images = [
        subject,
        candidate(NOW, 3, { subject: subject.digest }),
        candidate(NOW, 3, { status: 'ACTIVATING' }),
      ]
      expect(takenBy([expire(1, { countType: 'sinceImagePushed' })], images)).toBe('A')
    })

    it('does not count referrers', () => {
      const images = [tagged(3), candidate(NOW, 1, { subject: digestOf(Buffer.from('subject')) })]
      expect(takenBy([expire(1, {})], images)).toBe('')
    })
  })

  describe('counts days', () => {
    it.each([
      [2 * DAY, ''],
      [2 * DAY + 1, 'A'],
    ])('strictly: %d ms are more than 2 days for %j', (age, taken) => {
      const image = candidate(NOW, 0, { pushedAt: NOW - age })
      const rule = expire(1, { countType: 'sinceImagePushed', countNumber: 2 })
      expect(takenBy([rule], [image])).toBe(taken)
    })

    const at = (days: number) => NOW - days * DAY
    it.each<
      [countType: 'sinceImagePushed' | 'sinceImagePulled', what: string, times: Partial<Candidate>, boolean]
    >([
      ['sinceImagePushed', 'the push', {}, true],
      ['sinceImagePushed', 'a restoration', { lastActivatedAt: at(1) }, false],
      ['sinceImagePushed', 'the push, whatever was pulled', { lastPulledAt: at(1) }, true],
      ['sinceImagePulled', 'the push of what was never pulled', {}, true],
      ['sinceImagePulled', 'the last pull', { lastPulledAt: at(1) }, false],
      ['sinceImagePulled', 'the last pull, long ago', { lastPulledAt: at(8) }, true],
      ['sinceImagePulled', 'a restoration', { lastActivatedAt: at(1) }, false],
      [
        'sinceImagePulled',
        'a restoration after the last pull',
        { lastPulledAt: at(8), lastActivatedAt: at(1) },
        false,
      ],
      [
        'sinceImagePulled',
        'a pull after the restoration',
        { lastPulledAt: at(1), lastActivatedAt: at(8) },
        false,
      ],
    ])('%s from %s on', (countType, _, times, isTaken) => {
      const rule = archive(1, { countType, countNumber: 5 })
      expect(takenBy([rule], [candidate(NOW, 10, times)])).toBe(isTaken ? 'A' : '')
    })

    it.each([
      [89, ''],
      [91, 'A'],
    ])('in the archive: %d days, %j', (days, taken) => {
      const image = candidate(NOW, 400, { status: 'ARCHIVED', lastArchivedAt: at(days) })
      const rule = expire(1, {
        countType: 'sinceImageTransitioned',
        countNumber: 90,
        storageClass: 'archive',
      })
      expect(takenBy([rule], [image])).toBe(taken)
    })
  })

  it('keeps the classes of storage apart', () => {
    const rules = [
      archive(1, { countType: 'sinceImagePulled', countNumber: 30 }),
      expire(2, { countType: 'sinceImageTransitioned', countNumber: 90, storageClass: 'archive' }),
    ]
    const images = [
      tagged(31),
      candidate(NOW, 200, { status: 'ARCHIVED', lastArchivedAt: NOW - 91 * DAY }),
      candidate(NOW, 200, { status: 'ARCHIVED', lastArchivedAt: NOW - 31 * DAY }),
    ]
    const decisions = evaluate(policyOf(...rules), images, NOW)
    expect(decisions.map(({ rule, acts }) => [rule?.rulePriority, acts])).toEqual([
      [1, true],
      [2, true],
      [2, false],
    ])
  })

  it('takes images of one moment in the order of push', () => {
    const images = [tagged(2), tagged(2), tagged(2)]
    expect(takenBy([expire(1, { countNumber: 2 })], images.toReversed())).toBe('C')
  })

  describe('of any policy and images', () => {
    const tag = fc.constantFrom('v1', 'v2', 'rc1', 'beta')
    const image = fc
      .record({
        daysAgo: fc.integer({ min: 0, max: 40 }),
        tags: fc.uniqueArray(tag, { maxLength: 3 }),
        status: fc.constantFrom('ACTIVE' as const, 'ARCHIVED' as const, 'ACTIVATING' as const),
        lastArchivedAt: fc.constantFrom(undefined, NOW - 200 * DAY, NOW - DAY),
        lastPulledAt: fc.constantFrom(undefined, NOW - 20 * DAY, NOW - DAY),
      })
      .map(({ daysAgo, ...rest }) => candidate(NOW, daysAgo, rest))
    const countNumber = fc.integer({ min: 1, max: 20 })
    const list = fc.constantFrom(['v'], ['rc'], ['v', 'rc'], ['b'], ['beta', 'v1'])
    const counted = fc.constantFrom('imageCountMoreThan' as const, 'sinceImagePushed' as const)
    const standard = fc.oneof(
      fc
        .record({ countNumber, countType: counted, tagPrefixList: list })
        .map((selection) => expire(1, selection)),
      fc
        .record({
          countNumber,
          countType: counted,
          tagStatus: fc.constantFrom('untagged' as const, 'any' as const),
        })
        .map((selection) => expire(1, selection)),
      fc
        .record({ countNumber, tagPrefixList: list })
        .map((selection) => archive(1, { ...selection, countType: 'sinceImagePulled' })),
    )
    const archived = fc.constant(
      expire(1, { countType: 'sinceImageTransitioned', storageClass: 'archive', countNumber: 90 }),
    )
    // As many policies as can't be are left to the parser: here only the order of rules counts.
    const rules = fc
      .array(fc.oneof(standard, archived), { minLength: 1, maxLength: 5 })
      .map((made) => made.map((rule, index): Rule => ({ ...rule, rulePriority: index + 1 })))
    const everything = fc.tuple(rules, fc.array(image, { maxLength: 12 }))

    it('has one decision for each image, in their order', () => {
      fc.assert(
        fc.property(everything, ([rules, images]) => {
          expect(evaluate({ rules }, images, NOW).map(({ image }) => image)).toEqual(images)
        }),
      )
    })

    it('lets no rule take what one before it selects', () => {
      fc.assert(
        fc.property(everything, ([rules, images]) => {
          for (const { image, rule, acts } of evaluate({ rules }, images, NOW)) {
            const selecting = rules.filter(({ selection }) => !mismatchOf(selection, image))
            expect(rule).toBe(selecting[0])
            expect(acts && !rule).toBe(false)
          }
        }),
      )
    })

    it('lets a rule take what it would take alone, but for what rules before it hold', () => {
      fc.assert(
        fc.property(everything, ([rules, images]) => {
          const together = evaluate({ rules }, images, NOW)
          for (const rule of rules)
            for (const [index, alone] of evaluate({ rules: [rule] }, images, NOW).entries())
              if (together[index]?.rule === rule) expect(together[index]?.acts).toBe(alone.acts)
        }),
      )
    })

    it('does not depend on the order in which images come', () => {
      fc.assert(
        fc.property(everything, ([rules, images]) => {
          const decisions = evaluate({ rules }, images, NOW)
          expect(evaluate({ rules }, images.toReversed(), NOW).reverse()).toEqual(decisions)
        }),
      )
    })

    it('takes no less by age when time goes on', () => {
      fc.assert(
        fc.property(everything, fc.integer({ min: 0, max: 100 }), ([rules, images], days) => {
          const byAge = rules.filter(({ selection }) => selection.countType !== 'imageCountMoreThan')
          const later = evaluate({ rules: byAge }, images, NOW + days * DAY)
          for (const [index, { acts }] of evaluate({ rules: byAge }, images, NOW).entries())
            if (acts) expect(later[index]?.acts).toBe(true)
        }),
      )
    })

    it('is explained as it is decided, with a verdict of every rule', () => {
      fc.assert(
        fc.property(everything, ([rules, images]) => {
          const verdictsOf = explainer({ rules }, images, NOW)
          for (const decision of evaluate({ rules }, images, NOW)) {
            const verdicts = verdictsOf(decision)
            expect(verdicts.map(({ rulePriority }) => rulePriority)).toEqual(
              rules.map(({ rulePriority }) => rulePriority),
            )
            const deciding = verdicts.filter(({ verdict }) => verdict === 'acts' || verdict === 'keeps')
            expect(deciding.map(({ rulePriority }) => rulePriority)).toEqual(
              decision.rule ? [decision.rule.rulePriority] : [],
            )
            expect(verdicts.some(({ verdict }) => verdict === 'acts')).toBe(decision.acts)
          }
        }),
      )
    })
  })
})

describe('explainer', () => {
  /** What is said of the first image. */
  function verdictsOfFirst(rules: Rule[], images: Candidate[]) {
    const policy = policyOf(...rules)
    const [decision] = evaluate(policy, images, NOW)
    return decision && explainer(policy, images, NOW)(decision)
  }

  const prefixed = expire(1, { tagPrefixList: ['v', 'rc'] })
  const patterned = expire(2, { tagPatternList: ['nightly-*'] })
  const untagged = expire(3, { tagStatus: 'untagged', countType: 'sinceImagePushed', countNumber: 14 })
  const unpulled = archive(4, { tagPrefixList: ['v'], countType: 'sinceImagePulled', countNumber: 30 })
  const archived = expire(5, {
    countType: 'sinceImageTransitioned',
    countNumber: 90,
    storageClass: 'archive',
  })
  const subject = digestOf(Buffer.from('subject'))

  it.each<[rules: Rule[], image: Candidate, verdicts: [string, string][]]>([
    [
      [prefixed, patterned, untagged],
      tagged(3, 'v1'),
      [
        ['notSelected', "no tag begins with 'rc'"],
        ['notSelected', "no tag fits 'nightly-*'"],
        ['notSelected', 'it has tags'],
      ],
    ],
    [
      [prefixed, untagged],
      tagged(14.5),
      [
        ['notSelected', 'it has no tags'],
        ['acts', 'it was pushed 14.5 days ago, more than 14'],
      ],
    ],
    [[untagged], tagged(14), [['keeps', 'it was pushed 14.0 days ago, not more than 14']]],
    [
      [prefixed, unpulled],
      tagged(31, 'v1', 'rc1'),
      [
        ['keeps', 'it is number 1 of 1, youngest first, and 1 stay'],
        ['held', 'rule 1 comes first; it would transition it: it was pushed 31.0 days ago, more than 30'],
      ],
    ],
    [
      [prefixed, unpulled],
      candidate(NOW, 31, { tags: ['v1', 'rc1'], lastPulledAt: NOW - DAY }),
      [
        ['keeps', 'it is number 1 of 1, youngest first, and 1 stay'],
        ['held', 'rule 1 comes first; it would keep it: it was pulled 1.0 days ago, not more than 30'],
      ],
    ],
    [
      [unpulled],
      candidate(NOW, 31, { tags: ['v1'], lastActivatedAt: NOW - 2 * DAY }),
      [['keeps', 'it was restored 2.0 days ago, not more than 30']],
    ],
    [
      [unpulled, archived],
      candidate(NOW, 200, { tags: ['v1'], status: 'ARCHIVED', lastArchivedAt: NOW - 100 * DAY }),
      [
        ['notSelected', 'it is ARCHIVED, and the rule is for the standard storage class'],
        ['acts', 'it was archived 100.0 days ago, more than 90'],
      ],
    ],
    [
      [archived],
      candidate(NOW, 200, {}),
      [['notSelected', 'it is ACTIVE, and the rule is for the archive storage class']],
    ],
    [[untagged], candidate(NOW, 30, { subject }), [['notSelected', `it follows its subject ${subject}`]]],
  ])('says why: %#', (rules, image, verdicts) => {
    expect(verdictsOfFirst(rules, [image])).toEqual(
      verdicts.map(([verdict, reason], index) => ({
        rulePriority: rules[index]?.rulePriority,
        verdict,
        reason,
      })),
    )
  })

  it('says what a count took', () => {
    const images = [tagged(3), tagged(2), tagged(1)]
    expect(verdictsOfFirst([expire(7, { countNumber: 2 })], images)).toEqual([
      { rulePriority: 7, verdict: 'acts', reason: 'it is number 3 of 3, youngest first, and 2 stay' },
    ])
  })
})

describe('the evaluation of many images', () => {
  it('can be left after a few thousand, and misses none at the borders', () => {
    const images = Array.from({ length: 10_001 }, (_, index) => candidate(NOW, 20_000 - index))
    const steps = lifecycle.evaluate({ rules: [expire(1, { countNumber: 10_000 })] }, images, NOW)
    let count = 0
    let step = steps.next()
    for (; !step.done; step = steps.next()) count += 1
    expect(count).toBe(3)
    expect(step.value.flatMap(({ image, acts }) => (acts ? image : []))).toEqual([images[0]])
  })
})
