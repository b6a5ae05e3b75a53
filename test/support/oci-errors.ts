import { expect } from 'vitest'
import { DEFAULT_ACCOUNT } from './refusals.ts'

/*
 * What the registry door says when it refuses, in ECR's words.
 */

export interface OciRefusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** How an answer refuses: one error, in OCI's envelope and ended by a newline as ECR's are. */
export async function toldBy(answer: Response | Promise<Response>): Promise<OciRefusal> {
  const response = await answer
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0')
  const body = await response.text()
  const { errors } = JSON.parse(body)
  expect(body).toBe(`${JSON.stringify({ errors: [{ code: errors[0].code, message: errors[0].message }] })}\n`)
  return { status: response.status, ...errors[0] }
}

export function ociRefusal(status: number, code: string, message: string): OciRefusal {
  return { status, code, message }
}

/** What ECR calls an invalid parameter of its API, as `--wire ecr` has it unless told otherwise. */
export function ociParameter(
  member: string,
  constraint: string,
  status = 405,
  code = 'UNSUPPORTED',
): OciRefusal {
  return ociRefusal(
    status,
    code,
    `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`,
  )
}

export const UNAUTHORIZED = ociRefusal(401, 'UNAUTHORIZED', 'Not Authorized')
export const MANIFEST_UNKNOWN = ociRefusal(404, 'MANIFEST_UNKNOWN', 'Requested image not found')
export const EXPIRED = ociRefusal(
  403,
  'DENIED',
  'Your authorization token has expired. Reauthenticate and try again.',
)
export const NO_ENDPOINT = ociRefusal(404, 'UNSUPPORTED', 'There is no such endpoint')

export function nameUnknown(name: string, registryId = DEFAULT_ACCOUNT): OciRefusal {
  return ociRefusal(
    404,
    'NAME_UNKNOWN',
    `The repository with name '${name}' does not exist in the registry with id '${registryId}'`,
  )
}

export function blobUnknown(name: string, digest: string): OciRefusal {
  return ociRefusal(
    404,
    'BLOB_UNKNOWN',
    `The layer with digest '${digest}' does not exist within the repository with name '${name}' in the registry with id '${DEFAULT_ACCOUNT}'`,
  )
}

export function uploadUnknown(name: string, uploadId: string): OciRefusal {
  return ociRefusal(
    404,
    'BLOB_UPLOAD_UNKNOWN',
    `The upload with id '${uploadId}' in the repository with name '${name}' in the registry with id '${DEFAULT_ACCOUNT}' does not exist`,
  )
}

export function digestInvalid(
  digest: string,
  member: 'layerDigest' | 'imageDigest' = 'layerDigest',
): OciRefusal {
  return ociParameter(
    member,
    `'${digest}' is not a digest of the form sha256:<64 hexadecimal digits> or sha512:<128 hexadecimal digits>`,
    400,
    'DIGEST_INVALID',
  )
}

/** As the root of the default account is refused in a registry of another. */
export function denied(action: string, resource: string): OciRefusal {
  return ociRefusal(
    403,
    'DENIED',
    `User: arn:aws:iam::${DEFAULT_ACCOUNT}:root is not authorized to perform: ${action} on resource: ${resource} because no resource-based policy allows the ${action} action`,
  )
}

/** As the root of the default account is refused where a statement denies it. */
export function explicitlyDenied(action: string, resource: string): OciRefusal {
  return ociRefusal(
    403,
    'DENIED',
    `User: arn:aws:iam::${DEFAULT_ACCOUNT}:root is not authorized to perform: ${action} on resource: ${resource} with an explicit deny in a resource-based policy`,
  )
}
