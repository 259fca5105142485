/** The pages that come with the program. */
export interface Docs {
  /** The Markdown of a page by its name, such as `using`; `undefined` when there is none. */
  page(name: string): Promise<string | undefined>
}
