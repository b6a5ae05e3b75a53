import {
  CreateRepositoryCreationTemplateCommand,
  type CreateRepositoryCreationTemplateCommandInput,
  type ECRClient,
  type RepositoryCreationTemplate,
} from '@aws-sdk/client-ecr'
import { invalidParameter, type refusal } from './refusals.ts'

export const TAGS = [{ Key: 'team', Value: 'a' }]
export const KEY = 'arn:aws:kms:eu-west-1:000000000000:key/11111111-2222-4333-8444-555555555555'
export const POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' }],
}
/** As ECR prints it. */
export const PRINTED_POLICY = `{
  "Version" : "2012-10-17",
  "Statement" : [ {
    "Effect" : "Allow",
    "Principal" : "*",
    "Action" : "ecr:BatchGetImage"
  } ]
}`
export const LIFECYCLE_POLICY = `{"rules":[{"rulePriority":1,\r\n "selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}]}`

/** Makes a template for pushes, unless the settings say otherwise, and answers with it. */
export async function aTemplate(
  client: ECRClient,
  settings: Partial<CreateRepositoryCreationTemplateCommandInput> & { prefix: string },
): Promise<RepositoryCreationTemplate | undefined> {
  const command = new CreateRepositoryCreationTemplateCommand({ appliedFor: ['CREATE_ON_PUSH'], ...settings })
  return (await client.send(command)).repositoryCreationTemplate
}

/** What making and changing a template say of their content: member, constraint, input. */
export const invalidContent: [member: string, constraint: string, input: object][] = [
  ['description', 'Member must have length less than or equal to 256', { description: 'a'.repeat(257) }],
  [
    'appliedFor',
    'Member must satisfy enum value set: [REPLICATION, PULL_THROUGH_CACHE, CREATE_ON_PUSH]',
    { appliedFor: ['CREATE'] },
  ],
  [
    'encryptionConfiguration.kmsKey',
    'Member must satisfy regular expression pattern: ^$|arn:aws[a-z0-9-]*:kms:[a-z0-9-]+:[0-9]{12}:key\\/[a-z0-9-]+',
    { encryptionConfiguration: { encryptionType: 'KMS', kmsKey: 'alias/key' } },
  ],
  [
    'encryptionConfiguration',
    'Invalid encryption configuration: Encryption key should not be set for AES256 encryption.',
    { encryptionConfiguration: { encryptionType: 'AES256', kmsKey: KEY } },
  ],
  [
    'encryptionConfiguration',
    'Invalid arn us-east-1',
    { encryptionConfiguration: { encryptionType: 'KMS', kmsKey: KEY.replace('eu-west-1', 'us-east-1') } },
  ],
  [
    'imageTagMutabilityExclusionFilters',
    "ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as IMMUTABLE_WITH_EXCLUSION",
    { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' },
  ],
  ['resourceTags', 'Tag parameters are invalid', { resourceTags: [{ Key: 'aws:a', Value: '' }] }],
  ['RepositoryPolicy', 'Invalid repository policy provided', { repositoryPolicy: '{"Statement":' }],
  ['RepositoryPolicy', 'Invalid repository policy provided', { repositoryPolicy: '{"Version":"2000"}' }],
  [
    'LifecyclePolicy',
    'Lifecycle policy parsing failure: Could not map policyString into LifecyclePolicy.',
    { lifecyclePolicy: 'rules' },
  ],
  [
    'LifecyclePolicy',
    'Lifecycle policy validation failure: object has missing required properties (["rules"])',
    { lifecyclePolicy: '{}' },
  ],
]

/** What operations on templates say of a prefix. */
export const invalidPrefixes: [constraint: string, prefix: string | undefined][] = [
  ['Member must not be null', undefined],
  ['Member must have length greater than or equal to 1', ''],
  ['Member must have length less than or equal to 256', 'a'.repeat(257)],
  ...['Upper', '/a', 'a//', 'root/ROOT'].map((prefix): [string, string] => [
    'Member must satisfy regular expression pattern: ^([a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(\\/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*\\/?|ROOT)$',
    prefix,
  ]),
]

export function invalidPrefix(constraint: string): ReturnType<typeof refusal> {
  return invalidParameter('prefix', constraint)
}

/** Guess. */
export function noTemplate(prefix: string): { name: string; message: string } {
  const message = `The repository creation template with prefix '${prefix}' does not exist in the registry with id '000000000000'`
  return { name: 'TemplateNotFoundException', message }
}
