// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are variables of policies written
import { describe, expect, it } from 'vitest'
import { parseCondition } from '../../../src/rules/policy/conditions.ts'

/** Whether a condition over the key `k` holds for the values of a request, which may have none. */
function holds(operator: string, expected: string[], actual: string[] | undefined): boolean | undefined {
  const condition = parseCondition(operator, 'K', expected)
  const context = (key: string) => (key === 'k' ? actual : undefined)
  return condition?.holds(context, (key) => (key === 'aws:username' ? 'ann' : undefined))
}

describe('parseCondition', () => {
  it.each<[operator: string, expected: string, fits: string[], misfits: string[]]>([
    ['StringEquals', 'Team*', ['Team*'], ['team*', 'TeamA', '']],
    ['stringequals', '${aws:username}', ['ann'], ['${aws:username}']],
    ['StringEquals', '${aws:unknown}', [], ['', '${aws:unknown}']],
    ['StringEqualsIgnoreCase', 'Team', ['team', 'TEAM'], ['teams']],
    ['StringLike', 'a*?', ['ab', 'abc'], ['a', 'A1']],
    ['StringLike', '${aws:username}*', ['anna'], ['bob']],
    ['StringNotEquals', 'a', ['b', 'A'], ['a']],
    ['StringNotEqualsIgnoreCase', 'a', ['b'], ['a', 'A']],
    ['StringNotLike', 'a*', ['b'], ['a', 'ab']],
    ['BinaryEquals', 'QUJD', ['QUJD'], ['abc']],
    ['ArnEquals', 'arn:aws:iam::*:role/a*', ['arn:aws:iam::1:role/ab'], ['arn:aws:iam::1:user/ab', 'a']],
    ['ArnLike', 'arn:*:iam::1:role/a', ['arn:aws:iam::1:role/a'], ['arn:aws:sts:iam::1:role/a']],
    ['ArnLike', 'arn:aws:ecr:*:1:*', ['arn:aws:ecr:r:1:repository/a:b'], ['arn:aws:ecr:r:2:1:x']],
    ['ArnNotEquals', 'arn:aws:iam::1:role/a', ['arn:aws:iam::1:role/b'], ['arn:aws:iam::1:role/a']],
    ['ArnNotLike', 'arn:aws:iam::1:*', ['arn:aws:iam::2:root'], ['arn:aws:iam::1:root']],
    ['ArnLike', '${aws:unknown}', [], ['arn:aws:iam::1:root']],
    ['Bool', 'TRUE', ['true'], ['false', '1']],
    ['NumericEquals', '10', ['10', '10.0', '1e1', '+10'], ['9', 'ten', '', '0xa', ' 10']],
    ['NumericNotEquals', '10', ['9'], ['10.0']],
    ['NumericLessThan', '10', ['9.9', '-1'], ['10', 'x']],
    ['NumericLessThanEquals', '10', ['10'], ['10.1']],
    ['NumericGreaterThan', '10', ['11'], ['10']],
    ['NumericGreaterThanEquals', '10', ['10'], ['9']],
    [
      'DateEquals',
      '2026-11-25T10:00:00Z',
      ['2026-11-25T11:00:00+01:00', '1795600800'],
      ['2026-11-25', '2026-11-25T10:00:00', 'Nov 25 2026 10:00 GMT'],
    ],
    ['DateNotEquals', '2026-11-25', ['2026-11-26'], ['2026-11-25T00:00:00Z']],
    ['DateLessThan', '2026-11-25', ['2026-11-24T23:59:59Z', '0'], ['2026-11-25']],
    ['DateLessThanEquals', '2026-11-25', ['2026-11-25'], ['2026-11-25T00:00:01Z']],
    ['DateGreaterThan', '1795600800', ['2026-11-25T10:00:01Z'], ['2026-11-25T10:00:00Z', 'now']],
    ['DateGreaterThanEquals', '2026-11-25', ['2026-11-25'], ['2026-11-24']],
    ['IpAddress', '10.1.0.0/16', ['10.1.2.3'], ['10.2.0.1', '::1', 'localhost']],
    ['IpAddress', '10.1.2.3', ['10.1.2.3'], ['10.1.2.4']],
    ['IpAddress', '2001:db8::/32', ['2001:db8::1'], ['2001:db9::1', '10.1.2.3']],
    ['IpAddress', '0.0.0.0/0', ['1.2.3.4'], ['::1']],
    ['IpAddress', '::/0', ['::1', 'fe80::1%eth0'], ['1.2.3.4']],
    ['NotIpAddress', '10.0.0.0/8', ['11.0.0.1', '::1'], ['10.0.0.1']],
  ])('%s %j', (operator, expected, fits, misfits) => {
    for (const value of fits) expect([value, holds(operator, [expected], [value])]).toEqual([value, true])
    for (const value of misfits) expect([value, holds(operator, [expected], [value])]).toEqual([value, false])
  })

  it.each<[operator: string, expected: string[], actual: string[] | undefined, isSo: boolean]>([
    // One value of the policy is enough, and none may be the one that must not be.
    ['StringEquals', ['a', 'b'], ['b'], true],
    ['StringNotEquals', ['a', 'b'], ['b'], false],
    ['StringNotEquals', ['a', 'b'], ['c'], true],
    // A key that the request has not.
    ['StringEquals', ['a'], undefined, false],
    ['StringNotEquals', ['a'], undefined, true],
    ['StringEqualsIfExists', ['a'], undefined, true],
    ['StringEqualsIfExists', ['a'], ['b'], false],
    ['StringNotLikeIfExists', ['a'], undefined, true],
    ['IpAddress', ['10.0.0.0/8'], undefined, false],
    ['NotIpAddress', ['10.0.0.0/8'], undefined, true],
    ['BoolIfExists', ['true'], undefined, true],
    ['Null', ['true'], undefined, true],
    ['Null', ['true'], ['a'], false],
    ['Null', ['False'], ['a'], true],
    ['Null', ['false'], undefined, false],
    // Several values.
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b', 'a'], true],
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
    ['ForAllValues:StringEquals', ['a'], undefined, true],
    ['ForAllValues:StringEquals', ['a'], [], true],
    ['ForAllValues:StringNotEquals', ['a'], ['b', 'c'], true],
    ['ForAllValues:StringNotEquals', ['a'], ['b', 'a'], false],
    ['ForAnyValue:StringEquals', ['a'], ['b', 'a'], true],
    ['ForAnyValue:StringEquals', ['a'], ['b'], false],
    ['ForAnyValue:StringEquals', ['a'], undefined, false],
    ['ForAnyValue:StringEqualsIfExists', ['a'], undefined, true],
    ['ForAnyValue:StringNotEquals', ['a'], ['a', 'b'], true],
    ['ForAnyValue:StringNotEquals', ['a'], ['a'], false],
    ['foranyvalue:stringlikeifexists', ['a*'], ['b', 'ab'], true],
    ['StringEquals', ['a'], ['b', 'a'], true],
    ['StringNotEquals', ['a'], ['b', 'a'], false],
  ])('%s %j over %j: %s', (operator, expected, actual, isSo) => {
    expect(holds(operator, expected, actual)).toBe(isSo)
  })
})
