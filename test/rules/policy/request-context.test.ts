import { describe, expect, it } from 'vitest'
import { contextOf, type RequestFacts } from '../../../src/rules/policy/request-context.ts'

const FACTS: RequestFacts = {
  principalArn: 'arn:aws:sts::111122223333:assumed-role/deploy/job-1',
  accountId: '111122223333',
  userId: 'AROAEXAMPLE:job-1',
  sourceIp: '10.1.2.3',
  isSecure: false,
  now: Date.parse('2026-11-25T10:00:00.500Z'),
  requestTags: [{ key: 'Team', value: 'a' }],
  resourceTags: [{ key: 'stage', value: 'prod' }],
  accountSetting: 'BLOB_MOUNTING',
  registry: { accountId: '444455556666', region: 'eu-west-1' },
  given: new Map([
    ['aws:sourcearn', ['arn:aws:lambda:::x']],
    ['aws:requestedregion', ['us-east-1']],
  ]),
}
const USER = { ...FACTS, principalArn: 'arn:aws:iam::111122223333:user/team/ann' }
const ROOT = { ...FACTS, principalArn: 'arn:aws:iam::111122223333:root' }
const BARE = { principalArn: 'lambda.amazonaws.com', accountId: '', registry: FACTS.registry }

describe('contextOf', () => {
  it.each<[key: string, facts: RequestFacts, values: string[] | undefined]>([
    // Of a session, the role: it is what policies are written for.
    ['aws:principalarn', FACTS, ['arn:aws:iam::111122223333:role/deploy']],
    ['aws:principalarn', USER, [USER.principalArn]],
    ['aws:principalaccount', FACTS, ['111122223333']],
    ['aws:principaltype', FACTS, ['AssumedRole']],
    ['aws:principaltype', USER, ['User']],
    ['aws:principaltype', ROOT, ['Account']],
    ['aws:principaltype', BARE, undefined],
    ['aws:principalorgid', FACTS, undefined],
    ['aws:username', USER, ['ann']],
    ['aws:username', FACTS, undefined],
    ['aws:userid', FACTS, ['AROAEXAMPLE:job-1']],
    ['aws:sourceip', FACTS, ['10.1.2.3']],
    ['aws:securetransport', FACTS, ['false']],
    ['aws:currenttime', FACTS, ['2026-11-25T10:00:00.500Z']],
    ['aws:epochtime', FACTS, ['1795600800']],
    ['aws:requesttag/team', FACTS, ['a']],
    ['aws:requesttag/stage', FACTS, undefined],
    ['aws:resourcetag/stage', FACTS, ['prod']],
    ['ecr:resourcetag/stage', FACTS, ['prod']],
    ['aws:tagkeys', FACTS, ['Team']],
    ['aws:tagkeys', { ...FACTS, tagKeys: ['a', 'b'] }, ['a', 'b']],
    ['ecr:accountsetting', FACTS, ['BLOB_MOUNTING']],
    ['aws:resourceaccount', FACTS, ['444455556666']],
    ['aws:requestedregion', BARE, ['eu-west-1']],
    ['aws:requestedregion', FACTS, ['us-east-1']],
    ['aws:sourcearn', FACTS, ['arn:aws:lambda:::x']],
    ['aws:sourceip', BARE, undefined],
    ['aws:currenttime', BARE, undefined],
    ['aws:epochtime', BARE, undefined],
    ['aws:tagkeys', BARE, undefined],
    ['ecr:unknown', FACTS, undefined],
    // What every object of JavaScript has is no key.
    ['constructor', FACTS, undefined],
    ['__proto__', FACTS, undefined],
    ['constructor/name', FACTS, undefined],
    ['__proto__/name', FACTS, undefined],
  ])('%s', (key, facts, values) => {
    expect(contextOf(facts)(key)).toEqual(values)
  })
})
