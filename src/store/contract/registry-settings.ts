import type { Registry } from '../../rules/registry.ts'

/** Settings of a registry as a whole, by what they are called in the API: JSON documents. */
export interface RegistrySettingReads {
  get<Value>(registry: Registry, key: string): Promise<Value | undefined>
}

export interface RegistrySettingWrites {
  put(registry: Registry, key: string, value: object | string): Promise<void>
  delete(registry: Registry, key: string): Promise<void>
}
