import type { Credentials } from '@aws-sdk/client-sts'
import { STSClient } from '@aws-sdk/client-sts'
import type { Emulator } from './emulator.ts'

/** Credentials as the SDK's clients take them, of what STS answers. */
export function usable(credentials: Credentials | undefined): {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
} {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = credentials ?? {}
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

/** A client of STS: of the default account, or of whoever the credentials say. */
export function stsClient(
  ecr: Emulator,
  {
    accessKeyId = 'test',
    secretAccessKey = 'test',
    ...rest
  }: { accessKeyId?: string; secretAccessKey?: string; sessionToken?: string } = {},
): STSClient {
  return new STSClient({
    endpoint: ecr.server.url,
    region: 'eu-west-1',
    credentials: { accessKeyId, secretAccessKey, ...rest },
    maxAttempts: 1,
  })
}

/** Posts a form to the query protocol as no SDK would, and answers with its XML. */
export async function postForm(
  ecr: Emulator,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; xml: string }> {
  const response = await fetch(ecr.server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', ...headers },
    body: new URLSearchParams(form),
  })
  return { status: response.status, headers: response.headers, xml: await response.text() }
}
