import { readFileSync } from 'node:fs'
import { operations } from '../../src/generated/ecr/operations.ts'
import type { OperationName } from '../../src/generated/ecr/types.ts'

interface Shape {
  readonly type: string
  readonly members?: Record<string, { shape: string }>
  readonly required?: readonly string[]
  readonly member?: { shape: string }
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly min?: number
}

const MODEL = new URL('../../api-models/ecr-2015-09-21.json', import.meta.url)
const { shapes } = JSON.parse(readFileSync(MODEL, 'utf8')) as { shapes: Record<string, Shape> }

const UUID = '00000000-0000-4000-8000-000000000000'

/** The repository that valid inputs name. */
export const NAMED_REPOSITORY = 'repository'

/** A value for each pattern that a required member has. */
const EXAMPLES: Record<string, string> = {
  LayerDigest: 'sha256:0',
  Prefix: 'prefix',
  PrincipalArn: 'arn:aws:iam::000000000000:role/name',
  PullThroughCacheRuleRepositoryPrefix: 'prefix',
  Region: 'eu-west-1',
  RegistryId: '000000000000',
  ReplicationBackfillId: UUID,
  RepositoryName: NAMED_REPOSITORY,
  SigningProfileArn: 'arn:aws:signer:eu-west-1:000000000000:/signing-profiles/profile',
  UploadId: UUID,
}

/** The least that the model takes for an operation: its required members. */
export function validInput(name: OperationName): Record<string, unknown> {
  return valueFor(operations[name].input) as Record<string, unknown>
}

function valueFor(name: string): unknown {
  const shape = shapes[name]
  switch (shape?.type) {
    case 'structure':
      return Object.fromEntries(
        (shape.required ?? []).map((member) => [member, valueFor(shape.members?.[member]?.shape ?? '')]),
      )
    case 'list':
      return Array.from({ length: Math.max(1, shape.min ?? 0) }, () => valueFor(shape.member?.shape ?? ''))
    case 'string':
      return shape.enum?.[0] ?? EXAMPLES[name] ?? 'a'.repeat(shape.min ?? 1)
    case 'long':
    case 'integer':
      return shape.min ?? 0
    case 'boolean':
      return false
    case 'blob':
      return new Uint8Array(1)
    default:
      throw new Error(`No value is known for ${name}, a ${shape?.type}`)
  }
}
