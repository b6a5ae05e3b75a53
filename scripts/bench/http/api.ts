import type { Content } from '../image.ts'
import type { Server } from '../server.ts'
import { Connection, type Response } from './connection.ts'
import { demand, encode } from './request.ts'

/**
 * What an SDK sends with a request. The signature is any: nobody verifies it here, ecr-local does with `--auth strict`
 * only; but its scope is what moto and ministack tell the service and the region by.
 */
const signed = {
  'Content-Type': 'application/x-amz-json-1.1',
  'X-Amz-Date': '20260101T000000Z',
  Authorization:
    'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ecr/aws4_request, ' +
    `SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
}

// biome-ignore lint/suspicious/noExplicitAny: who calls knows what is answered
export type Output = any

export function encodeCall({ host }: Server, operation: string, input: object): Buffer {
  const headers = { ...signed, 'X-Amz-Target': `AmazonEC2ContainerRegistry_V20150921.${operation}` }
  return encode(host, { method: 'POST', path: '/', headers, body: JSON.stringify(input) })
}

export function output({ body }: Response): Output {
  return JSON.parse(body.toString())
}

/** Calls an operation once, over a connection of its own. */
export async function callApi(server: Server, operation: string, input: object): Promise<Output> {
  const connection = await Connection.open(server.port)
  const response = await demand(connection, 200, encodeCall(server, operation, input))
  connection.close()
  return output(response)
}

/** The input of PutImage. It names the digest as clients do that know it: without, moto makes one up. */
export function imageInput(repositoryName: string, imageTag: string, { bytes, digest }: Content): object {
  return { repositoryName, imageTag, imageManifest: bytes.toString(), imageDigest: digest }
}
