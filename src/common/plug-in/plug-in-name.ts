/** What a namespace or a health check of a plug-in may be called: one segment of a path, which needs no escaping anywhere. */
export const isPlugInName = (name: string): boolean => /^[a-z0-9_-]{1,64}$/.test(name)

export const PLUG_IN_NAME_RULE = 'a name is 1 to 64 of the characters a-z, 0-9, _ and -'
