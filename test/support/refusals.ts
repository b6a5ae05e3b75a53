/*
 * What the SDK throws when ECR refuses, for `rejects.toMatchObject`: name, exact text and status.
 */

interface Refusal {
  readonly name: string
  readonly message: string
  readonly $metadata: { readonly httpStatusCode: number }
}

/** The account of clients whose access key names none. */
export const DEFAULT_ACCOUNT = '000000000000'

export function refusal(name: string, message: string): Refusal {
  return { name, message, $metadata: { httpStatusCode: 400 } }
}

export function invalidParameter(member: string, constraint: string): Refusal {
  const message = `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`
  return refusal('InvalidParameterException', message)
}

export function repositoryNotFound(repositoryName: string, registryId = DEFAULT_ACCOUNT): Refusal {
  return refusal(
    'RepositoryNotFoundException',
    `The repository with name '${repositoryName}' does not exist in the registry with id '${registryId}'`,
  )
}

export function repositoryPolicyNotFound(repositoryName: string): Refusal {
  return refusal(
    'RepositoryPolicyNotFoundException',
    `Repository policy does not exist for the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}'`,
  )
}

export function registryPolicyNotFound(registryId = DEFAULT_ACCOUNT): Refusal {
  return refusal(
    'RegistryPolicyNotFoundException',
    `Registry policy does not exist in the registry with id '${registryId}'`,
  )
}

export function uploadNotFound(repositoryName: string, uploadId: string): Refusal {
  return refusal(
    'UploadNotFoundException',
    `The upload with id '${uploadId}' in the repository with name '${repositoryName}' in the registry with id '${DEFAULT_ACCOUNT}' does not exist`,
  )
}

/** As the root of the default account is refused in another. */
export function accessDenied(action: string, resource: string): Refusal {
  return refusal(
    'AccessDeniedException',
    `User: arn:aws:iam::${DEFAULT_ACCOUNT}:root is not authorized to perform: ${action} on resource: ${resource} because no resource-based policy allows the ${action} action`,
  )
}

/** As the root of the default account is refused where a statement denies it. */
export function explicitlyDenied(action: string, resource: string): Refusal {
  return refusal(
    'AccessDeniedException',
    `User: arn:aws:iam::${DEFAULT_ACCOUNT}:root is not authorized to perform: ${action} on resource: ${resource} with an explicit deny in a resource-based policy`,
  )
}

/** The pattern of names as ECR prints it. */
export const NAME_CONSTRAINT =
  "must satisfy regular expression '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*'"

/** What every operation on a repository says of a bad name or registry: member, constraint, input. */
export const invalidRepositoryMembers: [member: string, constraint: string, input: object][] = [
  ['repositoryName', 'must not be null', { repositoryName: undefined }],
  ['repositoryName', 'must have length greater than or equal to 2', { repositoryName: 'a' }],
  ['repositoryName', 'must have length less than or equal to 256', { repositoryName: 'a'.repeat(257) }],
  ['repositoryName', NAME_CONSTRAINT, { repositoryName: 'Upper' }],
  ['registryId', 'Member must satisfy regular expression pattern: [0-9]{12}', { registryId: '12345678901' }],
]

/** Other registries than the default client's: what differs, and who is at home there. */
export const otherRegistries: [differs: string, identity: { accessKeyId?: string; region?: string }][] = [
  ['account', { accessKeyId: '222233334444' }],
  ['region', { region: 'sa-east-1' }],
]

/** The ARN of a repository in the default client's registry, or in another. */
export function repositoryArnOf(
  repositoryName: string,
  registry: { accountId?: string | undefined; region?: string } = {},
): string {
  const { accountId = DEFAULT_ACCOUNT, region = 'eu-west-1' } = registry
  return `arn:aws:ecr:${region}:${accountId}:repository/${repositoryName}`
}

/** ARNs that name no repository that the default client could reach. */
export const invalidResourceArns = [
  '',
  'repository/ab',
  repositoryArnOf(''),
  repositoryArnOf('ab').replace(':ecr:', ':ecs:'),
  repositoryArnOf('ab').replace('arn:aws:', 'arn:aws-cn:'),
  repositoryArnOf('ab').replace('repository/', 'repository:'),
  repositoryArnOf('ab', { accountId: '12345' }),
  repositoryArnOf('ab', { region: 'us-east-1' }),
]

/** What operations on an upload say of its id besides. */
export const invalidUploadIds: [member: string, constraint: string, input: object][] = [
  ['uploadId', 'Member must not be null', { uploadId: undefined }],
  [
    'uploadId',
    'Member must satisfy regular expression pattern: [0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}',
    { uploadId: 'upload-1' },
  ],
]
