export interface SettingReads {
  get(key: string): Promise<Buffer | undefined>
}

export interface SettingWrites {
  put(key: string, value: Uint8Array): Promise<void>
}
