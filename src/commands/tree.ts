import { UnusableConfig } from '../config.ts'
import { callService, type Endpoint, ServiceError } from '../protocol/client.ts'
import { drawTree } from './draw-tree.ts'
import { endpointOf, explainSilence } from './endpoint.ts'
import { readFlags } from './flags.ts'
import { ManifestReader } from './manifest-reader.ts'

const HELP = `Usage: ecr-local tree REPOSITORY[:TAG|@DIGEST] [OPTIONS]

Draws the tree of artifact types: indexes with what they hold, to any depth,
and what refers to each manifest. Without a tag or digest, every tree of the
repository.

  --endpoint-url URL  the server (default AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL,
                      http://localhost:3270)
  --region REGION     (default AWS_REGION, AWS_DEFAULT_REGION, us-east-1)
  --full              whole digests

The account is that of AWS_ACCESS_KEY_ID; profiles of the AWS CLI are not read.
`

const OPTIONS = {
  'endpoint-url': { type: 'string' },
  region: { type: 'string' },
  full: { type: 'boolean' },
} as const

/** Draws trees of a repository of a running server. Answers with the exit code. */
export async function tree(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const { values, positionals } = readFlags('tree', args, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const [target, ...others] = positionals
  if (!target || others.length > 0)
    throw new UnusableConfig('tree takes one REPOSITORY[:TAG|@DIGEST]. See ecr-local tree --help')
  const { repositoryName, imageId } = parseTarget(target)
  const endpoint = endpointOf(values, environment)
  try {
    const reader = new ManifestReader(
      (operation, input) =>
        callService(endpoint, 'ecr', `AmazonEC2ContainerRegistry_V20150921.${operation}`, input),
      repositoryName,
      { full: values.full ?? false },
    )
    const roots = imageId ? [await reader.named(imageId)] : await reader.roots()
    for (const { name, digest } of roots) {
      const node = await reader.tree(digest)
      process.stdout.write(`${drawTree(imageId ? target : name, node)}\n`)
    }
    return 0
  } catch (error) {
    process.stderr.write(`ecr-local: ${explain(error, endpoint)}\n`)
    return 1
  }
}

/** A name, with a tag or a digest, behind the host of a repositoryUri or an `oci://` if you like. */
function parseTarget(text: string): {
  repositoryName: string
  imageId?: { imageTag?: string; imageDigest?: string }
} {
  const path = text.replace(/^[a-z-]+:\/\//, '').replace(/^[^/@]*[.:][^/@]*\/|^localhost\//, '')
  const [named = '', imageDigest] = path.split('@')
  const [repositoryName = '', imageTag] = named.split(':')
  if (imageDigest !== undefined) return { repositoryName, imageId: { imageDigest } }
  return imageTag === undefined ? { repositoryName } : { repositoryName, imageId: { imageTag } }
}

function explain(error: unknown, { url, region }: Endpoint): string {
  // Most often it is there, in another registry.
  if (error instanceof ServiceError && error.code === 'RepositoryNotFoundException')
    return `${error.message} in ${region} at ${url}; AWS_REGION and AWS_ACCESS_KEY_ID name another registry`
  if (error instanceof ServiceError) return error.message
  return explainSilence(error, url) ?? (error as Error).message
}
