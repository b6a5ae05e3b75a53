import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { afterAll, describe, expect } from 'vitest'
import { clientTest } from '../support/clients.ts'
import { emulator } from '../support/emulator.ts'
import { stsClient, usable } from '../support/sts.ts'

const directory = mkdtempSync(join(tmpdir(), 'ecr-local-credentials-'))
afterAll(() => rmSync(directory, { recursive: true }))
const credentials = join(directory, 'credentials')
writeFileSync(credentials, '[default]\naws_access_key_id = test\naws_secret_access_key = test\n')

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
const INVALID = 'The security token included in the request is invalid.'

/** The registry of whoever the environment says, or the error as the client prints it. */
const BY_CLI = 'aws ecr describe-registry --query registryId --output text 2>&1 || true'
const BY_BOTO3 = `python-boto3 -c '
import boto3, botocore.exceptions
try: print(boto3.client("ecr").describe_registry()["registryId"])
except botocore.exceptions.ClientError as error: print(error)'`

/** Both sign by the same code: what differs is how they say that they were refused. */
describe.concurrent('With --auth strict', { timeout: 60_000 }, () => {
  const ecr = emulator({ auth: 'strict', credentials })
  const itByCli = clientTest(['aws'], ecr)
  const itByBoto3 = clientTest(['python-boto3'], ecr)

  itByCli('aws is let in by a secret of the file, and refused with another', async ({ user }) => {
    expect(await user.sh(BY_CLI)).toBe('000000000000')
    expect(await user.sh(BY_CLI, { AWS_SECRET_ACCESS_KEY: 'other' })).toContain(
      `An error occurred (InvalidSignatureException) when calling the DescribeRegistry operation: ${MISMATCH}`,
    )
  })

  itByBoto3('boto3 is let in by a session of STS, and not without its token', async ({ user }) => {
    const role = { RoleArn: 'arn:aws:iam::000000000000:role/deploy', RoleSessionName: 'ci' }
    const { Credentials } = await stsClient(ecr).send(new AssumeRoleCommand(role))
    const session = usable(Credentials)
    const keys = { AWS_ACCESS_KEY_ID: session.accessKeyId, AWS_SECRET_ACCESS_KEY: session.secretAccessKey }
    expect(await user.sh(BY_BOTO3, { ...keys, AWS_SESSION_TOKEN: session.sessionToken })).toBe('000000000000')
    expect(await user.sh(BY_BOTO3, keys)).toContain(
      `An error occurred (UnrecognizedClientException) when calling the DescribeRegistry operation: ${INVALID}`,
    )
  })
})
