import type { Access } from '../domain/authorize.ts'
import type { OperationName, Tag } from '../generated/ecr/types.ts'
import { resourceTagsOf } from './shapes.ts'

/** Members by which a call says what it is about. */
export interface ResourceInput {
  readonly repositoryName?: string | undefined
  readonly repositoryNames?: readonly string[] | undefined
  /** Operations on one find out themselves whose it is, and let the caller in there. */
  readonly resourceArn?: string | undefined
  readonly tags?: readonly Tag[] | undefined
  /** Of a creation template. */
  readonly repositoryPolicy?: string | undefined
  /** Of a creation template. */
  readonly lifecyclePolicy?: string | undefined
  /** Of an account setting. */
  readonly name?: string | undefined
}

/** What a caller must be let in to do, so that an operation may run. */
export function accessesOf(
  name: OperationName,
  input: ResourceInput,
): Pick<Access, 'action' | 'repositoryName' | 'facts'>[] {
  if (input.resourceArn !== undefined) return []
  const facts = {
    ...(input.tags && { requestTags: resourceTagsOf(input.tags) }),
    ...(name === 'PutAccountSetting' && { accountSetting: input.name }),
  }
  return actionsOf(name, input).flatMap((action) =>
    repositoryNamesOf(name, input).map((repositoryName) => ({ action, repositoryName, facts })),
  )
}

/** The actions of an operation: its name, but for the one that has none of its own, and more (IAM reference). */
function actionsOf(name: OperationName, { tags = [], ...template }: ResourceInput): string[] {
  switch (name) {
    case 'ListImageReferrers':
      return ['ecr:BatchGetImage']
    case 'CreateRepository':
      return tags.length > 0 ? ['ecr:CreateRepository', 'ecr:TagResource'] : ['ecr:CreateRepository']
    case 'CreateRepositoryCreationTemplate':
    case 'UpdateRepositoryCreationTemplate':
      return [`ecr:${name}`, 'ecr:CreateRepository', ...actionsOfTemplate(template)]
    default:
      return [`ecr:${name}`]
  }
}

/** Who sets policies by a template must be let in to set them; that others needn't is a guess. */
function actionsOfTemplate({ repositoryPolicy, lifecyclePolicy }: ResourceInput): string[] {
  return [
    ...(repositoryPolicy === undefined ? [] : ['ecr:SetRepositoryPolicy']),
    ...(lifecyclePolicy === undefined ? [] : ['ecr:PutLifecyclePolicy']),
  ]
}

/** The repositories of a call; DescribeRepositories without names asks for all (observed in denials). */
function repositoryNamesOf(
  name: OperationName,
  { repositoryName, repositoryNames }: ResourceInput,
): readonly (string | undefined)[] {
  return repositoryNames ?? [name === 'DescribeRepositories' ? '*' : repositoryName]
}
