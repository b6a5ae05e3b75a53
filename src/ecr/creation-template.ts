import { checkPolicies } from '../domain/creation-templates.ts'
import { encryptionFor } from '../domain/encryption.ts'
import { isRefused, Refused } from '../domain/errors.ts'
import { messageOf } from '../domain/messages.ts'
import { addResourceTags } from '../domain/resource-tags.ts'
import type { Inputs, RepositoryCreationTemplate } from '../generated/ecr/types.ts'
import { printPolicy } from '../rules/policy/print.ts'
import type { Registry } from '../rules/registry.ts'
import { mutabilityFault } from '../rules/tag-mutability.ts'
import type { CreationTemplate } from '../store/database.ts'
import { resourceTagsOf } from './shapes.ts'

type Given = Inputs['UpdateRepositoryCreationTemplate']

/** What a template says beside its prefix and its dates. */
type Content = Omit<CreationTemplate, 'prefix' | 'createdAt' | 'updatedAt'>

/** A prefix as it is kept: a slash ends it in any case (ECR user guide, "Repository creation templates"). */
export function normalPrefix(prefix: string): string {
  return prefix.replace(/\/$/, '')
}

/**
 * A template's content with what a caller gives laid over it. What is not given stays as it is; an empty text
 * takes back what was set.
 *
 * @throws Refused ParameterInvalid, as templates declare no other error for what they hold
 */
export function withGiven(registry: Registry, content: Content, given: Given): Content {
  checkPolicies(given)
  return {
    ...content,
    ...mutabilityOf(content, given),
    appliedFor: given.appliedFor ? [...new Set(given.appliedFor)] : content.appliedFor,
    encryption: encryptionOf(registry, given) ?? content.encryption,
    resourceTags: tagsOf(given) ?? content.resourceTags,
    description: textOf(given.description, content.description),
    customRoleArn: textOf(given.customRoleArn, content.customRoleArn),
    repositoryPolicy: textOf(given.repositoryPolicy, content.repositoryPolicy),
    lifecyclePolicy: textOf(given.lifecyclePolicy, content.lifecyclePolicy),
  }
}

function textOf(given: string | undefined, present: string | undefined): string | undefined {
  return given === undefined ? present : given || undefined
}

/** A mutability comes with its filters: a new one leaves those of the old one behind. */
function mutabilityOf(
  present: Content,
  given: Given,
): Pick<Content, 'imageTagMutability' | 'exclusionFilters'> {
  const { imageTagMutability, imageTagMutabilityExclusionFilters: exclusionFilters } = given
  if (!imageTagMutability && !exclusionFilters) return {}
  const mutability = imageTagMutability ?? present.imageTagMutability ?? 'MUTABLE'
  const fault = mutabilityFault(mutability, exclusionFilters)
  if (fault) throw new Refused('ParameterInvalid', fault)
  return { imageTagMutability: mutability, exclusionFilters }
}

function encryptionOf(registry: Registry, { encryptionConfiguration: chosen }: Given): Content['encryption'] {
  if (!chosen) return undefined
  const { encryptionType, kmsKey } = chosen
  const encryption = { encryptionType, ...(kmsKey && { kmsKey }) }
  try {
    encryptionFor(registry, encryption)
  } catch (error) {
    if (!isRefused(error, 'KmsRefused')) throw error
    throw new Refused('ParameterInvalid', {
      member: 'encryptionConfiguration',
      constraint: error.detail.message,
    })
  }
  return encryption
}

function tagsOf({ resourceTags }: Given): Content['resourceTags'] {
  if (!resourceTags) return undefined
  try {
    return addResourceTags([], resourceTagsOf(resourceTags))
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    // The words of InvalidTagParameterException and TooManyTagsException, which templates do not declare.
    throw new Refused('ParameterInvalid', { member: 'resourceTags', constraint: messageOf(error) })
  }
}

/** A template as the API shows it, with ECR's defaults where it says nothing (samples of the API reference). */
export function describeTemplate(template: CreationTemplate): RepositoryCreationTemplate {
  return {
    prefix: template.prefix,
    description: template.description,
    encryptionConfiguration: template.encryption ?? { encryptionType: 'AES256' },
    resourceTags: (template.resourceTags ?? []).map(({ key, value }) => ({ Key: key, Value: value })),
    imageTagMutability: template.imageTagMutability ?? 'MUTABLE',
    imageTagMutabilityExclusionFilters: template.exclusionFilters && [...template.exclusionFilters],
    repositoryPolicy: template.repositoryPolicy && printPolicy(template.repositoryPolicy),
    lifecyclePolicy: template.lifecyclePolicy,
    appliedFor: [...template.appliedFor],
    customRoleArn: template.customRoleArn,
    createdAt: new Date(template.createdAt),
    updatedAt: new Date(template.updatedAt),
  }
}
