import { fitTogether } from './fit-together.ts'
import { checkShape } from './shape.ts'

/** A lifecycle policy as its JSON has it (ECR user guide, "Lifecycle policy properties"). */
export interface LifecyclePolicy {
  /** In ascending priority: what the first one that selects an image says, holds. */
  readonly rules: readonly Rule[]
}

export interface Rule {
  readonly rulePriority: number
  readonly description?: string
  readonly selection: Selection
  readonly action:
    | { readonly type: 'expire' }
    | { readonly type: 'transition'; targetStorageClass: 'archive' }
}

export interface Selection {
  readonly tagStatus: 'tagged' | 'untagged' | 'any'
  /** An image must have, for every entry, a tag that begins with it. */
  readonly tagPrefixList?: readonly string[]
  /** An image must have, for every entry, a tag that fits it whole; `*` is any run of characters. */
  readonly tagPatternList?: readonly string[]
  readonly countType: CountType
  readonly countUnit?: 'days'
  readonly countNumber: number
  /** `standard` when it is absent. */
  readonly storageClass?: 'standard' | 'archive'
}

export type CountType =
  | 'imageCountMoreThan'
  | 'sinceImagePushed'
  | 'sinceImagePulled'
  | 'sinceImageTransitioned'

/** Actions as the API names them (ECR API reference, LifecyclePolicyRuleAction). */
export const ACTIONS = { expire: 'EXPIRE', transition: 'TRANSITION' } as const

/** A text is no lifecycle policy. The message is the constraint that ECR's exception names. */
export class InvalidPolicy extends Error {
  override readonly name = 'InvalidPolicy'
}

/** @throws InvalidPolicy */
export function parsePolicy(text: string): LifecyclePolicy {
  const document = parseJson(text)
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw unmappable()
  const violation = checkShape(document)
  if (violation) throw invalid(violation)

  const { rules } = document as LifecyclePolicy
  if (rules.some((rule) => !isMappable(rule))) throw unmappable()
  const misfit = fitTogether(rules)
  if (misfit) throw invalid(misfit)
  return { rules: rules.toSorted((one, other) => one.rulePriority - other.rulePriority) }
}

/** The API's integers have 32 bits (model: LifecyclePolicyRulePriority). */
const MAX_INTEGER = 2 ** 31 - 1

/**
 * Whether ECR's reader of policies takes a rule that the schema lets through: a transition that names no class it does
 * not (observed: cdk-preflight rules), nor numbers that it has no room for (guess).
 */
function isMappable({ action, rulePriority, selection }: Rule): boolean {
  if (action.type === 'transition' && !action.targetStorageClass) return false
  return rulePriority <= MAX_INTEGER && selection.countNumber <= MAX_INTEGER
}

/** JSON without the white space between its tokens, as ECR answers policies. */
export function minified(text: string): string {
  return JSON.stringify(JSON.parse(text))
}

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function invalid(reason: string): InvalidPolicy {
  return new InvalidPolicy(`Lifecycle policy validation failure: ${reason}`)
}

/** Observed: cdk-preflight rules; moto has "validation" for "parsing". */
function unmappable(): InvalidPolicy {
  return new InvalidPolicy(
    'Lifecycle policy parsing failure: Could not map policyString into LifecyclePolicy.',
  )
}
