/** The sums of all score updates, as the server streams them. */
export const EPS_PATH = '/subscribe/eps'
/** The same sums, as the plug-in of bench/plug-in streams them. */
export const ECHO_PATH = '/subscribe/echo'
