import { PutRegistryPolicyCommand } from '@aws-sdk/client-ecr'
import { describe, expect } from 'vitest'
import { clientTest } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { DEFAULT_ACCOUNT } from '../support/refusals.ts'
import { registryClient } from '../support/registry.ts'
import { arrive, configure, HOME, ruleTo, statusesOf } from '../support/replication.ts'

const OTHER_ACCOUNT = '222233334444'

const destinations = [
  { region: 'us-east-1', registryId: DEFAULT_ACCOUNT },
  { region: 'ap-south-1', registryId: DEFAULT_ACCOUNT },
  { region: HOME, registryId: OTHER_ACCOUNT },
]

describe.each(['helm3', 'helm4'])('a chart that %s pushes', (helm) => {
  const ecr = emulator()
  const it = clientTest([helm], ecr)
  // Helm 3 finds out by itself.
  const plain = helm === 'helm3' ? '' : '--plain-http'

  it('is pulled from two other regions and another account', async ({ user }) => {
    const client = ecr.client()
    const Action = ['ecr:ReplicateImage', 'ecr:CreateRepository']
    const Principal = { AWS: `arn:aws:iam::${DEFAULT_ACCOUNT}:root` }
    const Statement = [{ Effect: 'Allow', Principal, Action, Resource: '*' }]
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement })
    await ecr.client({ accessKeyId: OTHER_ACCOUNT }).send(new PutRegistryPolicyCommand({ policyText }))
    await configure(client, ruleTo(destinations, 'charts/'))

    const repositoryName = await aRepository(client, { repositoryName: 'charts/web' })
    await user.write('web/Chart.yaml', 'apiVersion: v2\nname: web\nversion: 0.1.0\n')
    await user.sh(`${helm} package web && ${helm} push web-0.1.0.tgz oci://$REGISTRY/charts --plain-http`)
    await arrive(ecr)
    const statuses = await statusesOf(client, repositoryName, { imageTag: '0.1.0' })
    expect(statuses?.map(({ status }) => status)).toEqual(['COMPLETE', 'COMPLETE', 'COMPLETE'])

    for (const { region, registryId } of destinations) {
      const [, auth = ''] = (
        await registryClient(ecr, { accessKeyId: registryId, region }).authorization()
      ).split(' ')
      const [, PASSWORD = ''] = Buffer.from(auth, 'base64').toString().split(':')
      await user.sh(
        `rm -rf .docker pulled && mkdir pulled
         ${helm} registry login -u AWS --password-stdin $REGISTRY ${plain} <<<$PASSWORD
         ${helm} pull oci://$REGISTRY/charts/web --version 0.1.0 --plain-http -d pulled
         cmp web-0.1.0.tgz pulled/web-0.1.0.tgz`,
        { PASSWORD },
      )
    }
  })
})
