import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import { emulator } from '../../support/emulator.ts'
import { postForm, stsClient } from '../../support/sts.ts'

describe('GetCallerIdentity', () => {
  const ecr = emulator()

  it.each([
    ['test', '000000000000'],
    ['123456789012', '123456789012'],
    ['ASIAQNZGKIQY56JQ7WML', '029608264753'],
  ])('tells the holder of %s that they are the root of %s', async (accessKeyId, account) => {
    const identity = await stsClient(ecr, { accessKeyId }).send(new GetCallerIdentityCommand({}))
    expect(identity).toMatchObject({
      UserId: account,
      Account: account,
      Arn: `arn:aws:iam::${account}:root`,
    })
  })

  it("answers in XML of the query protocol, with the members in the model's order", async () => {
    const { status, headers, xml } = await postForm(ecr, {
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
    })
    const requestId = headers.get('x-amzn-requestid')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/xml')
    expect(headers.get('content-length')).toBe(String(xml.length))
    expect(xml).toBe(
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
        '<UserId>000000000000</UserId><Account>000000000000</Account><Arn>arn:aws:iam::000000000000:root</Arn>' +
        '</GetCallerIdentityResult><ResponseMetadata>' +
        `<RequestId>${requestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
    )
  })
})
