/** Names in the order of their bytes, as one text: thousands of them are not worth a string each. */
export interface NameList {
  /** An array of strings, as JSON.stringify writes it. */
  readonly json: string
  /** The last of the names, if there are more behind it. */
  readonly continuesAfter: string | undefined
}
