import { describe, expect } from 'vitest'
import { clientTest } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'

/** By which flags each client is told to trust our CA. The script asks for the digest of an image. */
const CLIENTS: [
  client: string,
  script: (image: { name: string; flag: (text: string) => string }) => string,
][] = [
  [
    'curl',
    ({ name, flag }) =>
      `curl -sSf ${flag('--cacert ca.pem')} -u AWS:$PASSWORD -o answer -w '%header{docker-content-digest}' https://$REGISTRY/v2/${name}/manifests/v1`,
  ],
  [
    'aws',
    ({ name, flag }) =>
      `${flag('AWS_CA_BUNDLE=ca.pem')} AWS_MAX_ATTEMPTS=1 aws ecr describe-images --endpoint-url https://$REGISTRY --repository-name ${name} --query 'imageDetails[0].imageDigest' --output text`,
  ],
  ['crane', ({ name, flag }) => `${flag('SSL_CERT_FILE=ca.pem')} crane digest $REGISTRY/${name}:v1`],
  ['regctl', ({ name, flag }) => `${flag('SSL_CERT_FILE=ca.pem')} regctl image digest $REGISTRY/${name}:v1`],
  [
    'oras',
    ({ name, flag }) => `oras resolve --plain-http=false ${flag('--ca-file ca.pem')} $REGISTRY/${name}:v1`,
  ],
  [
    'skopeo',
    ({ name, flag }) =>
      `mkdir -p certs && cp ca.pem certs/ca.crt && skopeo inspect ${flag('--cert-dir certs')} --raw docker://$REGISTRY/${name}:v1 | sha256sum | sed 's/^/sha256:/; s/ .*//'`,
  ],
]

/** What each says to a certificate that nobody whom it trusts has signed. */
const UNTRUSTED = /unknown authority|unable to get local issuer certificate|CERTIFICATE_VERIFY_FAILED/

/** What is trusted for all clients alike is not what is tried here. */
const FORGET = 'unset SSL_CERT_FILE AWS_CA_BUNDLE;'

describe.concurrent('HTTPS by a CA of our own', () => {
  const ecr = emulator({ tls: true })
  const registry = registryClient(ecr)

  for (const [client, script] of CLIENTS)
    clientTest(
      [client],
      ecr,
      'https',
    )(`is what ${client} trusts when it is told to`, async ({ user }) => {
      const name = await aRepository(ecr.client())
      const { digest } = await registry.pushImage(name, 'v1')
      expect(await user.sh(`${FORGET} ${script({ name, flag: (text) => text })}`)).toBe(digest)
      const { stderr } = await user.failing(`${FORGET} ${script({ name, flag: () => '' })}`)
      expect(stderr).toMatch(UNTRUSTED)
    })

  for (const helm of ['helm3', 'helm4'])
    clientTest(
      [helm],
      ecr,
      'https',
    )(`is what ${helm} trusts when it is told to`, async ({ user }) => {
      const name = await aRepository(ecr.client())
      await user.write(`${name}/Chart.yaml`, `apiVersion: v2\nname: ${name}\nversion: 0.1.0\n`)
      await user.sh(
        `${FORGET} rm .docker/config.json; ${helm} package ${name}
        ${helm} registry login -u AWS --password-stdin $REGISTRY --ca-file ca.pem <<<$PASSWORD
        ${helm} push ${name}-0.1.0.tgz oci://$REGISTRY --ca-file ca.pem
        mkdir pulled; ${helm} pull oci://$REGISTRY/${name} --version 0.1.0 --ca-file ca.pem -d pulled
        cmp ${name}-0.1.0.tgz pulled/${name}-0.1.0.tgz`,
      )
      const { stderr } = await user.failing(`${FORGET} ${helm} pull oci://$REGISTRY/${name} --version 0.1.0`)
      expect(stderr).toMatch(UNTRUSTED)
    })
})
