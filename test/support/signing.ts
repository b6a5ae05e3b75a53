import { verify, X509Certificate } from 'node:crypto'
import type { ECRClient } from '@aws-sdk/client-ecr'
import { ListImageReferrersCommand, PutSigningConfigurationCommand } from '@aws-sdk/client-ecr'
import { expect } from 'vitest'
import type { Emulator } from './emulator.ts'
import { jsonOf, registryClient } from './registry.ts'

export const SIGNATURE = 'application/vnd.cncf.notary.signature'

/** The ARN of a signing profile, which exists only by name. */
export function aProfile(name = 'profile', region = 'eu-west-1'): string {
  return `arn:aws:signer:${region}:000000000000:/signing-profiles/${name}`
}

/** Has every push to repositories of this name signed. */
export async function signPushesTo(client: ECRClient, filter: string, ...profiles: string[]): Promise<void> {
  const rules = profiles.map((signingProfileArn) => ({
    signingProfileArn,
    repositoryFilters: [{ filter, filterType: 'WILDCARD_MATCH' as const }],
  }))
  await client.send(new PutSigningConfigurationCommand({ signingConfiguration: { rules } }))
}

/** Digests of the signatures of an image, once all work beside requests is done. */
export async function signaturesOf(
  ecr: Emulator,
  client: ECRClient,
  repositoryName: string,
  imageDigest: string,
): Promise<string[]> {
  await ecr.server.clock()
  const filter = { artifactTypes: [SIGNATURE] }
  const listed = new ListImageReferrersCommand({ repositoryName, subjectId: { imageDigest }, filter })
  return ((await client.send(listed)).referrers ?? []).map(({ digest }) => String(digest))
}

/** What a signature says that it signs, once its envelope is verified by the certificate that the server publishes. */
export async function verifiedTarget(
  ecr: Emulator,
  repositoryName: string,
  digest: string,
): Promise<unknown> {
  const registry = registryClient(ecr)
  const manifest = await jsonOf(registry.send(`/v2/${repositoryName}/manifests/${digest}`))
  const [layer] = manifest.layers
  expect(layer.mediaType).toBe('application/jose+json')
  const envelope = JSON.parse((await registry.getBlob(repositoryName, layer.digest)).toString())
  const pem = await (await fetch(`${ecr.server.url}/_ecr-local/signer.pem`)).text()
  const certificate = new X509Certificate(pem)
  expect(envelope.header.x5c).toEqual([certificate.raw.toString('base64')])
  const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' as const }
  const signed = Buffer.from(`${envelope.protected}.${envelope.payload}`)
  expect(verify('sha256', signed, key, Buffer.from(envelope.signature, 'base64url'))).toBe(true)
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  const thumbprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase()
  expect(JSON.parse(manifest.annotations['io.cncf.notary.x509chain.thumbprint#S256'])).toEqual([thumbprint])
  return JSON.parse(Buffer.from(envelope.payload, 'base64url').toString()).targetArtifact
}
