// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are variables of policies written
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../../src/rules/policy/decide.ts'
import { mismatchOf, type Question } from '../../../src/rules/policy/evaluate.ts'
import { parsePolicy } from '../../../src/rules/policy/parse.ts'
import { identitiesOf } from '../../../src/rules/policy/principals.ts'
import { policyText } from '../../support/policies.ts'

const ARN = 'arn:aws:ecr:eu-west-1:000000000000:repository/charts/web'
const OWNER = '000000000000'
const ROOT = 'arn:aws:iam::111122223333:root'
const USER = 'arn:aws:iam::111122223333:user/team/ann'
const ROLE = 'arn:aws:iam::111122223333:role/team/deploy'
const SESSION = 'arn:aws:sts::111122223333:assumed-role/deploy/job-1'

function question(principal = USER, action = 'ecr:BatchGetImage', resource = ARN): Question {
  return {
    identities: identitiesOf(principal) ?? [],
    action,
    resource,
    context: (key) => (key === 'aws:username' ? ['web'] : undefined),
  }
}

const mismatch = (elements: object, asked = question()) => {
  const [statement] = parsePolicy(policyText(elements), 'repository').statements
  return statement && mismatchOf(statement, asked)
}

describe('mismatchOf', () => {
  it.each<[named: unknown, principal: string, isMeant: boolean]>([
    ['*', USER, true],
    [{ AWS: '*' }, SESSION, true],
    [{ AWS: ['444455556666', '111122223333'] }, SESSION, true],
    [{ AWS: ROOT }, USER, true],
    [{ AWS: ROOT }, 'arn:aws:iam::444455556666:root', false],
    [{ AWS: USER }, USER, true],
    [{ AWS: USER }, ROOT, false],
    [{ AWS: 'arn:aws:iam::111122223333:user/ann' }, USER, false],
    // A session does not tell the path of its role.
    [{ AWS: ROLE }, SESSION, true],
    [{ AWS: ROLE }, ROLE, true],
    [{ AWS: 'arn:aws:iam::111122223333:role/deploys' }, SESSION, false],
    [{ AWS: 'arn:aws:iam::444455556666:role/deploy' }, SESSION, false],
    [{ AWS: SESSION }, SESSION, true],
    [{ AWS: SESSION }, ROLE, false],
    [{ AWS: SESSION }, SESSION.replace('job-1', 'job-2'), false],
    [
      { AWS: 'arn:aws:sts::111122223333:federated-user/ann' },
      'arn:aws:sts::111122223333:federated-user/ann',
      true,
    ],
    [{ Service: 'lambda.amazonaws.com' }, 'lambda.amazonaws.com', true],
    [{ Service: 'lambda.amazonaws.com' }, 'ecs.amazonaws.com', false],
    [{ Federated: 'lambda.amazonaws.com' }, 'lambda.amazonaws.com', false],
    [{ AWS: '111122223333' }, 'lambda.amazonaws.com', false],
  ])('Principal %j means %s: %s', (named, principal, isMeant) => {
    expect(mismatch({ Principal: named }, question(principal))).toBe(isMeant ? undefined : 'Principal')
  })

  // All that somebody is must be named: IAM user guide, "NotPrincipal".
  it.each<[named: string[], principal: string, isMeant: boolean]>([
    [[USER], USER, true],
    [[USER, ROOT], USER, false],
    [[USER, ROOT], ROOT, false],
    [[USER, ROOT], 'arn:aws:iam::111122223333:user/bob', true],
    [[ROLE, ROOT], ROLE, false],
    [[ROLE, ROOT], SESSION, true],
    [[SESSION, ROLE, ROOT], SESSION, false],
    [['*'], USER, false],
  ])('NotPrincipal %j means %s: %s', (named, principal, isMeant) => {
    expect(mismatch({ NotPrincipal: { AWS: named } }, question(principal))).toBe(
      isMeant ? undefined : 'Principal',
    )
  })

  it.each<[elements: object, isMeant: boolean]>([
    [{ Action: '*' }, true],
    [{ Action: 'ecr:*' }, true],
    [{ Action: 'ECR:batchgetIMAGE' }, true],
    [{ Action: ['ecr:PutImage', 'ecr:Batch*Image'] }, true],
    [{ Action: 'ecr:BatchGetImag?' }, true],
    [{ Action: 'ecr:BatchGet' }, false],
    [{ NotAction: 'ecr:Put*' }, true],
    [{ NotAction: ['ecr:PutImage', 'ecr:BatchGetImage'] }, false],
  ])('%j', (elements, isMeant) => {
    expect(mismatch(elements)).toBe(isMeant ? undefined : 'Action')
  })

  it.each<[elements: object, isMeant: boolean]>([
    [{ Resource: '*' }, true],
    [{ Resource: ARN }, true],
    [{ Resource: 'arn:aws:ecr:*:000000000000:repository/charts/*' }, true],
    [{ Resource: 'arn:aws:ecr:*:*:repository/*/${aws:username}' }, true],
    [{ Resource: 'arn:aws:ecr:*:*:repository/*/${aws:userid}' }, false],
    [{ Resource: 'arn:aws:ecr:eu-west-1:000000000000:repository/charts' }, false],
    [{ NotResource: 'arn:aws:ecr:eu-west-1:000000000000:repository/apps/*' }, true],
    [{ NotResource: ['*'] }, false],
  ])('%j', (elements, isMeant) => {
    expect(mismatch(elements)).toBe(isMeant ? undefined : 'Resource')
  })

  it('takes what concerns no repository for the resource *', () => {
    const asked = question(USER, 'ecr:DescribeRegistry', '*')
    expect(mismatch({ Resource: '*' }, asked)).toBeUndefined()
    expect(mismatch({ Resource: 'arn:aws:ecr:*:*:repository/*' }, asked)).toBe('Resource')
  })

  it('asks every condition', () => {
    const [holds, fails] = [{ 'aws:username': 'web' }, { 'aws:username': 'ann' }]
    expect(mismatch({ Condition: { StringEquals: holds, StringLike: holds } })).toBeUndefined()
    expect(mismatch({ Condition: { StringEquals: holds, StringLike: fails } })).toBe('Condition')
    expect(mismatch({ Condition: { StringEquals: { ...holds, 'aws:userid': 'x' } } })).toBe('Condition')
  })

  it('knows variables since the newer version only', () => {
    const text = policyText({ Resource: 'arn:aws:ecr:*:*:repository/*/${aws:username}' })
    const [older] = parsePolicy(text.replace('2012-10-17', '2008-10-17'), 'repository').statements
    expect(older && mismatchOf(older, question())).toBe('Resource')

    const condition = { StringEquals: { 'aws:username': "${none, 'web'}" } }
    expect(mismatch({ Condition: condition })).toBeUndefined()
    const conditional = policyText({ Condition: condition }).replace('2012-10-17', '2008-10-17')
    const [plain] = parsePolicy(conditional, 'repository').statements
    expect(plain && mismatchOf(plain, question())).toBe('Condition')
  })
})

/** Statements of which some fit the question of this file, and some don't. */
const statements = fc.array(
  fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Principal: fc.constantFrom('*', { AWS: USER }, { AWS: '444455556666' }, { AWS: ROOT }),
    Action: fc.constantFrom('ecr:*', 'ecr:BatchGetImage', 'ecr:PutImage'),
    Resource: fc.constantFrom('*', ARN, `${ARN}-other`),
  }),
  { minLength: 1, maxLength: 6 },
)
const policy = fc.option(statements, { nil: undefined })
const caller = fc.constantFrom(USER, ROOT, `arn:aws:iam::${OWNER}:root`)

describe('decide', () => {
  const parsed = (kind: 'repository' | 'registry', of: object[] | undefined) =>
    of && parsePolicy(policyText(...of), kind)

  it('says no wherever an explicit Deny fits, and never otherwise where an Allow does', () => {
    fc.assert(
      fc.property(policy, policy, caller, (ofRepository, ofRegistry, principal) => {
        const repository = parsed('repository', ofRepository)
        const registry = parsed('registry', ofRegistry)
        const asked = question(principal)
        const fitting = [repository, registry]
          .flatMap((of) => of?.statements ?? [])
          .filter((statement) => mismatchOf(statement, asked) === undefined)
        const isDenied = fitting.some(({ effect }) => effect === 'Deny')
        const needsNoAllow = principal.includes(OWNER)

        const decision = decide({ repository, registry }, asked, OWNER)
        expect(decision.isAllowed).toBe(!isDenied && (needsNoAllow || fitting.length > 0))
        expect(decision.reason === 'explicit-deny').toBe(isDenied)
      }),
    )
  })

  it('is not changed by the order of statements', () => {
    fc.assert(
      fc.property(statements, caller, (of, principal) => {
        const isAllowed = (list: object[]) =>
          decide({ repository: parsed('repository', list) }, question(principal), OWNER).isAllowed
        expect(isAllowed([...of].reverse())).toBe(isAllowed(of))
      }),
    )
  })

  it('lets nobody in whom it let out before, when a Deny comes on', () => {
    fc.assert(
      fc.property(statements, fc.nat(6), caller, (of, at, principal) => {
        const deny = { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' }
        const list: object[] = [...of.slice(0, at), deny, ...of.slice(at)]
        const asked = question(principal)
        expect(decide({ repository: parsed('repository', list) }, asked, OWNER)).toMatchObject({
          isAllowed: false,
          reason: 'explicit-deny',
        })
      }),
    )
  })

  it('names the statement that decided', () => {
    const repository = parsed('repository', [{ Action: 'ecr:PutImage' }, { Sid: 'read' }])
    const registry = parsed('registry', [
      { Sid: 'all', Resource: '*' },
      { Effect: 'Deny', Resource: `${ARN}x` },
    ])
    const named = (policies: Parameters<typeof decide>[0], principal = USER) => {
      const { reason, by } = decide(policies, question(principal), OWNER)
      return [reason, by?.policy, by?.statement.index, by?.statement.sid]
    }
    expect(named({ repository, registry })).toEqual(['allow', 'repository', 1, 'read'])
    expect(named({ registry })).toEqual(['allow', 'registry', 0, 'all'])
    expect(named({})).toEqual(['no-allow', undefined, undefined, undefined])
    expect(named({}, `arn:aws:iam::${OWNER}:user/ann`)).toEqual([
      'own-account',
      undefined,
      undefined,
      undefined,
    ])
    const denying = parsed('registry', [{ Resource: '*' }, { Effect: 'Deny', Sid: 'no', Resource: ARN }])
    expect(named({ repository, registry: denying })).toEqual(['explicit-deny', 'registry', 1, 'no'])
  })
})
