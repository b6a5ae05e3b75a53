import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Domain } from '../domain/domain.ts'
import type { Faults } from '../domain/faults.ts'
import type { Digest } from '../rules/digest.ts'
import type { Registry } from '../rules/registry.ts'
import type { RepeatedAnswers } from './repeated-answers.ts'

/** What the registry door is made of. */
export interface RegistryDoor {
  readonly domain: Domain
  readonly faults: Faults
  /** Given before this door is asked, where they can be. */
  readonly answers: RepeatedAnswers
  /** Seals and opens the passwords of GetAuthorizationToken. */
  readonly tokenKey: Uint8Array
  /** Who is served when neither host nor token say it. */
  readonly defaultRegistry: Registry
  /** What callers without a login may do. */
  readonly anonymous: 'nothing' | 'pull' | 'push'
  /** `spec` answers as distribution-spec 1.1 says; `ecr` with the differences that ECR is known for. */
  readonly wire: 'spec' | 'ecr'
  /** Path and query, signed and valid for an hour, at which the layer is downloaded without a login. */
  readonly layerUrl: (layer: LayerOfRepository, host: string) => string
  /** Takes errors that are bugs. */
  readonly onFault: (error: unknown) => void
  /** The layer that the target of a request opens, when its signature is good and not expired. */
  readonly openLayerUrl: (url: string, host: string) => LayerOfRepository | undefined
}

export interface LayerOfRepository {
  readonly registry: Registry
  readonly repositoryName: string
  readonly digest: Digest
}

/** Answers one request, whatever it is; it neither throws nor rejects. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => void
