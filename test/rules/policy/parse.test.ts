import { describe, expect, it } from 'vitest'
import { InvalidPolicy, type PolicyKind, parsePolicy } from '../../../src/rules/policy/parse.ts'
import { policyText } from '../../support/policies.ts'

const ARN = 'arn:aws:ecr:eu-west-1:000000000000:repository/*'

function faultOf(text: string, kind: PolicyKind = 'repository'): string | undefined {
  try {
    parsePolicy(text, kind)
    return undefined
  } catch (error) {
    if (error instanceof InvalidPolicy) return error.what
    throw error
  }
}

const withPrincipal = (principal: unknown) => policyText({ Principal: principal })

describe('parsePolicy', () => {
  it.each([
    ['a statement alone', JSON.stringify({ Statement: JSON.parse(policyText({})).Statement[0] })],
    ['the older version', policyText({}).replace('2012-10-17', '2008-10-17')],
    ['an Id', policyText({}).replace('{', '{"Id":"id",')],
    ['a Sid with spaces', policyText({ Sid: 'new statement' })],
    ['everybody', withPrincipal({ AWS: '*' })],
    ['an account', withPrincipal({ AWS: '111122223333' })],
    ['a root', withPrincipal({ AWS: 'arn:aws:iam::111122223333:root' })],
    ['another partition', withPrincipal({ AWS: ['arn:aws-cn:iam::111122223333:root'] })],
    ['a user in a path', withPrincipal({ AWS: 'arn:aws:iam::111122223333:user/team/a/ann' })],
    ['a role', withPrincipal({ AWS: 'arn:aws:iam::111122223333:role/deploy' })],
    ['a session', withPrincipal({ AWS: 'arn:aws:sts::111122223333:assumed-role/deploy/job-1' })],
    ['a federated user', withPrincipal({ AWS: 'arn:aws:sts::111122223333:federated-user/ann' })],
    ['services', withPrincipal({ Service: ['lambda.amazonaws.com', 'codebuild.amazonaws.com'] })],
    ['a federation', withPrincipal({ Federated: 'cognito-identity.amazonaws.com' })],
    ['NotPrincipal', policyText({ NotPrincipal: { AWS: '111122223333' } })],
    ['every action', policyText({ Action: '*' })],
    ['actions with wildcards', policyText({ Action: ['ecr:Batch*', 'ECR:?etRepositoryPolicy'] })],
    ['NotAction', policyText({ NotAction: 'ecr:PutImage' })],
    ['resources', policyText({ Resource: ['*', ARN] })],
    ['NotResource', policyText({ NotResource: ARN })],
    ['conditions', policyText({ Condition: { StringLike: { 'aws:PrincipalArn': ['a', 'b*'] }, Bool: {} } })],
    ['values that are no strings', policyText({ Condition: { NumericEquals: { a: 1 }, Bool: { b: true } } })],
  ])('takes %s', (_what, text) => {
    expect(faultOf(text)).toBeUndefined()
  })

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no statement', '{"Version":"2012-10-17"}'],
    ['an empty list of statements', policyText()],
    ['a statement that is none', '{"Statement":["Allow"]}'],
    ['an unknown version', policyText({}).replace('2012', '2013')],
    ['an Id that is no string', policyText({}).replace('{', '{"Id":1,')],
    ['an element that no policy has', policyText({}).replace('{', '{"Rules":[],')],
    ['an element that no statement has', policyText({ Sids: 'a' })],
    ['a Sid that is no string', policyText({ Sid: 1 })],
    ['a Sid twice', policyText({ Sid: 'a' }, { Sid: 'a' })],
    ['another effect', policyText({ Effect: 'allow' })],
    ['no principal', policyText({ Principal: undefined })],
    ['a principal and what it is not', policyText({ Principal: '*', NotPrincipal: '*' })],
    ['a principal without its type', withPrincipal('111122223333')],
    ['a principal of an unknown type', withPrincipal({ Aws: '*' })],
    ['nobody', withPrincipal({})],
    ['no account at all', withPrincipal({ AWS: [] })],
    ['an account that is too short', withPrincipal({ AWS: '11112222333' })],
    ['principals with wildcards', withPrincipal({ AWS: 'arn:aws:iam::111122223333:user/*' })],
    ['a group', withPrincipal({ AWS: 'arn:aws:iam::111122223333:group/team' })],
    ['a session without a name', withPrincipal({ AWS: 'arn:aws:sts::111122223333:assumed-role/deploy' })],
    ['a service as an account', withPrincipal({ AWS: 'lambda.amazonaws.com' })],
    ['no action', policyText({ Action: undefined })],
    ['an action of another service', policyText({ Action: 's3:GetObject' })],
    ['an action that is none', policyText({ Action: 'BatchGetImage' })],
    ['an action that is no string', policyText({ Action: [1] })],
    ['a resource that is no ARN', policyText({ Resource: 'repository/a' })],
    ['resources both ways', policyText({ Resource: '*', NotResource: '*' })],
    ['an unknown operator', policyText({ Condition: { StringSame: { a: 'b' } } })],
    ['an unknown quantifier', policyText({ Condition: { 'ForSome:StringEquals': { a: 'b' } } })],
    ['Null with a quantifier', policyText({ Condition: { NullIfExists: { a: 'true' } } })],
    ['Null of another value', policyText({ Condition: { Null: { a: 'yes' } } })],
    ['a condition without keys', policyText({ Condition: { StringEquals: 'a' } })],
    ['no values', policyText({ Condition: { StringEquals: { a: [] } } })],
    ['a number that only JavaScript reads', policyText({ Condition: { NumericEquals: { a: '0x10' } } })],
    ['a time that only JavaScript reads', policyText({ Condition: { DateEquals: { a: 'Nov 25 2026' } } })],
    ['a time of no zone', policyText({ Condition: { DateEquals: { a: '2026-11-25T10:00:00' } } })],
    ['an operator of JavaScript', policyText({ Condition: { constructor: { a: 'b' } } })],
    ['a member twice', policyText({}).replace('"Effect"', '"Effect":"Deny","Effect"')],
    ['a member twice, once in escapes', policyText({}).replace('"Effect"', '"\\u0045ffect":"Deny","Effect"')],
    ['a value that is a list', policyText({ Condition: { StringEquals: { a: [['b']] } } })],
    ['a number that is none', policyText({ Condition: { NumericLessThan: { a: 'ten' } } })],
    ['a time that is none', policyText({ Condition: { DateLessThan: { a: 'tomorrow' } } })],
    ['neither true nor false', policyText({ Condition: { Bool: { a: 'yes' } } })],
    ['an address that is none', policyText({ Condition: { IpAddress: { a: '10.0.0' } } })],
    ['a range that is too long', policyText({ Condition: { NotIpAddress: { a: '10.0.0.0/33' } } })],
    ['a range that is none', policyText({ Condition: { IpAddress: { a: '10.0.0.0/8/8' } } })],
  ])('refuses %s', (_what, text) => {
    expect(faultOf(text)).toBe('document')
  })

  it('refuses a user or role that was deleted', () => {
    expect(faultOf(withPrincipal({ AWS: 'AROAIDPPEZS35WEXAMPLE' }))).toBe('principal')
  })

  it('asks a registry policy for its resources', () => {
    expect(faultOf(policyText({}), 'registry')).toBe('document')
    expect(faultOf(policyText({ Resource: ARN }), 'registry')).toBeUndefined()
    expect(faultOf(policyText({ NotResource: ARN }), 'registry')).toBeUndefined()
  })
})
