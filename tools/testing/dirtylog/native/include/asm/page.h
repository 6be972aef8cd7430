/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_ASM_PAGE_H
#define _NATIVE_ASM_PAGE_H

#define PAGE_SHIFT	12

#endif /* _NATIVE_ASM_PAGE_H */
