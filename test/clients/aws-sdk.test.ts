import { Agent } from 'node:https'
import {
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  paginateDescribeImages,
  RepositoryNotFoundException,
} from '@aws-sdk/client-ecr'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startServer } from '../../src/index.ts'
import { SCHEMES } from '../support/clients.ts'
import { anImage } from '../support/content.ts'

/** As README shows it. */
describe.each(SCHEMES)('The AWS SDK for JavaScript in a test, over %s', (scheme) => {
  let ecr: Awaited<ReturnType<typeof startServer>>
  let client: ECRClient

  beforeAll(async () => {
    ecr = await startServer({ tls: scheme === 'https' })
    client = aClient()
  })
  afterEach(() => ecr.reset())
  afterAll(async () => {
    client.destroy()
    await ecr.close()
  })

  function aClient(): ECRClient {
    return new ECRClient({
      endpoint: ecr.httpsUrl ?? ecr.url,
      requestHandler: { httpsAgent: new Agent({ ca: ecr.ca }) },
      region: 'eu-west-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    })
  }

  it('creates a repository', async () => {
    const { repository } = await client.send(new CreateRepositoryCommand({ repositoryName: 'charts' }))
    expect(repository?.repositoryUri).toBe(`${ecr.registry}/charts`)
  })

  it('finds nothing of the test before', async () => {
    const { repositories } = await client.send(new DescribeRepositoriesCommand({}))
    expect(repositories).toEqual([])
  })

  it('throws the exceptions of the SDK', async () => {
    const request = client.send(new DescribeImagesCommand({ repositoryName: 'charts' }))
    await expect(request).rejects.toBeInstanceOf(RepositoryNotFoundException)
  })

  it('filters by artifact type with a middleware, on every page', async () => {
    await client.send(new CreateRepositoryCommand({ repositoryName: 'charts' }))
    for (const imageTag of ['one', 'two', 'three'])
      await anImage(client, 'charts', { imageTag, configType: 'application/vnd.cncf.helm.config.v1+json' })
    await anImage(client, 'charts', { imageTag: 'image' })

    const filtering = aClient()
    filtering.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: Uint8Array }
        const input = JSON.parse(new TextDecoder().decode(request.body))
        request.body = Buffer.from(
          JSON.stringify({ ...input, manifestConfig: ['application/vnd.cncf.helm.*'] }),
        )
        return next(args)
      },
      { step: 'build', priority: 'high' },
    )
    const pages: unknown[] = []
    for await (const { imageDetails = [] } of paginateDescribeImages(
      { client: filtering, pageSize: 2 },
      { repositoryName: 'charts' },
    ))
      pages.push(imageDetails.map(({ imageTags }) => imageTags?.[0]))
    filtering.destroy()
    expect(pages).toEqual([['one', 'two'], ['three']])
  })
})
