import { describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { postForm } from '../support/sts.ts'

const Version = '2011-06-15'

describe('the query protocol', () => {
  const ecr = emulator()

  it.each([
    ['an unknown action', { Action: 'MakeTea', Version }, 'MakeTea for version 2011-06-15'],
    [
      'an action in other letters',
      { Action: 'getCallerIdentity', Version },
      'getCallerIdentity for version 2011-06-15',
    ],
    [
      'a name that every object has',
      { Action: 'constructor', Version },
      'constructor for version 2011-06-15',
    ],
    [
      'another version',
      { Action: 'GetCallerIdentity', Version: '2010-05-08' },
      'GetCallerIdentity for version 2010-05-08',
    ],
    ['no version', { Action: 'GetCallerIdentity' }, 'GetCallerIdentity for version NO_VERSION_SPECIFIED'],
    ['no action', { Version }, ' for version 2011-06-15'],
    ['an action that is no text', { 'Action.member.1.x': 'y', Version }, ' for version 2011-06-15'],
    [
      'a version that is no text',
      { Action: 'GetCallerIdentity', 'Version.x': 'y' },
      'GetCallerIdentity for version NO_VERSION_SPECIFIED',
    ],
    ['an operation of ECR', { Action: 'ListImages', Version }, 'ListImages for version 2011-06-15'],
  ])('refuses %s', async (_what, form, text) => {
    const { status, headers, xml } = await postForm(ecr, form as Record<string, string>)
    expect(status).toBe(400)
    expect(headers.get('content-type')).toBe('text/xml')
    expect(xml).toBe(
      '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>' +
        `<Code>InvalidAction</Code><Message>Could not find operation ${text}</Message></Error>` +
        `<RequestId>${headers.get('x-amzn-requestid')}</RequestId></ErrorResponse>`,
    )
  })

  it('writes what it echoes as XML', async () => {
    const { xml } = await postForm(ecr, { Action: '<b>&"\u0000', Version })
    expect(xml).toMatch(/<Message>Could not find operation &lt;b&gt;&amp;"\S* for version/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no such characters
    expect(xml).not.toMatch(/[\u0000-\u0008]/)
  })

  it.each([
    ['that are nested beyond reason', { [`Tags.member.1${'.a'.repeat(1000)}`]: 'x' }],
    ['of a list that counts to a million', { 'Tags.member.1000000.Key': 'x' }],
    ['of a list that counts from nothing', { 'Tags.member.0.Key': 'x', 'Tags.member.x.Key': 'x' }],
    ['that no operation knows', { Colour: 'red', __proto__: 'x', 'constructor.prototype.polluted': 'x' }],
  ])('ignores members %s', async (_what, form) => {
    const given = { Action: 'GetCallerIdentity', Version, ...(form as Record<string, string>) }
    expect((await postForm(ecr, given)).status).toBe(200)
    expect('polluted' in {}).toBe(false)
  })

  const aRole = {
    Action: 'AssumeRole',
    Version,
    RoleArn: 'arn:aws:iam::123456789012:role/ci',
    RoleSessionName: 'ci',
  }
  const tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }))

  it.each<[string, Record<string, string>, string]>([
    [
      'a structure where a text should be',
      { Action: 'AssumeRole', 'RoleArn.a': 'x' },
      `Value '{"a":"x"}' at 'roleArn' failed to satisfy constraint: Member must be of type string`,
    ],
    [
      'a text where a list should be',
      { ...aRole, Tags: 'x' },
      "Value 'x' at 'tags' failed to satisfy constraint: Member must be of type array",
    ],
    [
      'more tags than there may be',
      Object.assign(
        {},
        aRole,
        ...tags.flatMap((tag, index) =>
          Object.entries(tag).map(([name, value]) => ({ [`Tags.member.${index + 1}.${name}`]: value })),
        ),
      ),
      `Value '${JSON.stringify(tags)}' at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50`,
    ],
  ])('refuses %s by what it holds', async (_what, form, text) => {
    const { status, xml } = await postForm(ecr, { Version, ...form })
    expect(status).toBe(400)
    expect(xml).toContain(
      `<Code>ValidationError</Code><Message>1 validation error detected: ${text}</Message>`,
    )
  })

  it('is spoken by GET too, as in a presigned URL', async () => {
    const get = (query: object) => fetch(`${ecr.server.url}/?${new URLSearchParams({ Version, ...query })}`)
    const signed = { 'X-Amz-Credential': '123456789012/20261124/eu-west-1/sts/aws4_request' }
    const identity = await get({ Action: 'GetCallerIdentity', ...signed })
    expect([identity.status, identity.headers.get('content-type')]).toEqual([200, 'text/xml'])
    expect(await identity.text()).toContain('<Account>123456789012</Account>')
    const refused = await get({ Action: 'MakeTea' })
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('InvalidAction')])
  })

  it.each([
    ['too large a form', { body: 'a'.repeat(32 * 1024 * 1024 + 1) }, 413, 'RequestEntityTooLarge'],
    ['a compressed form', { headers: { 'content-encoding': 'gzip' }, body: 'x' }, 400, 'MalformedInput'],
  ])('refuses %s', async (_what, init, status, code) => {
    const answer = await fetch(ecr.server.url, {
      method: 'POST',
      ...init,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...('headers' in init ? init.headers : {}),
      },
    })
    expect(answer.status).toBe(status)
    expect(await answer.text()).toContain(`<Code>${code}</Code>`)
  })
})
