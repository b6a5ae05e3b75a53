import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { clientTest } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { policyText } from '../support/policies.ts'
import { DEFAULT_ACCOUNT, repositoryArnOf } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'

const OTHER = '111122223333'
const HOST = `${OTHER}.dkr.ecr.eu-west-1.localhost`
const PULL = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability']

describe('crane with a login of another account', () => {
  const ecr = emulator()
  const it = clientTest(['crane'], ecr)

  /** Not every machine finds the names below localhost: a proxy does. */
  const proxy = createServer((incoming, answer) => {
    const { method, headers, url = '' } = incoming
    const { pathname, search } = new URL(url)
    const sent = request(new URL(pathname + search, ecr.server.url), { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 0, response.headers)
      response.pipe(answer)
    })
    incoming.pipe(sent)
  })
  beforeAll(() => new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise((resolve) => proxy.close(resolve)))

  it('pulls what one policy allows, and is told what another denies', async ({ user }) => {
    const owner = ecr.client({ accessKeyId: OTHER })
    const setPolicy = (repositoryName: string, ...statements: object[]) =>
      owner.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: policyText(...statements) }))
    const [open, shut] = [await aRepository(owner), await aRepository(owner)]
    for (const name of [open, shut]) await registryClient(ecr, { accessKeyId: OTHER }).pushImage(name, 'v1')
    const allow = { Principal: { AWS: DEFAULT_ACCOUNT }, Action: PULL }
    await setPolicy(open, allow)
    await setPolicy(shut, allow, { Effect: 'Deny', Principal: { AWS: DEFAULT_ACCOUNT }, Action: 'ecr:Get*' })

    const http_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    user.variables.http_proxy = http_proxy
    await user.sh(`crane auth login -u AWS -p $PASSWORD ${HOST}`)
    await user.sh(`crane pull --insecure --format=oci ${HOST}/${open}:v1 pulled`)
    const { stderr } = await user.failing(`crane pull --insecure --format=oci ${HOST}/${shut}:v1 denied`)
    expect(stderr).toContain(
      `DENIED: User: arn:aws:iam::${DEFAULT_ACCOUNT}:root is not authorized to perform: ecr:GetDownloadUrlForLayer on resource: ${repositoryArnOf(shut, { accountId: OTHER })} with an explicit deny in a resource-based policy`,
    )
    await registryClient(ecr, { accessKeyId: OTHER }).pushImage(open, 'v2')
    const pushed = await user.failing(`crane tag --insecure ${HOST}/${open}:v2 v3`)
    expect(pushed.stderr).toContain('because no resource-based policy allows the ecr:PutImage action')
  })
})
