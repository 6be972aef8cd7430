// SPDX-License-Identifier: GPL-2.0
// s390: what becomes writable in a host page table is marked in the dirty logs of
// guests.

// file: arch/s390/include/asm/mmu.h

@context_field@
@@
 typedef struct {
 ...
 	struct list_head gmap_list;
+#ifdef CONFIG_KVM_DIRTYLOG
+	/* Ranges with a dirty log, RCU; see asm/gmap_dirtylog.h. */
+	struct list_head dirtylogs;
+	/* VMs whose hardware trusts PGSTEs; under @lock, see kvm/hpage.c. */
+	unsigned int pgste_vms;
+#endif
 ...
 } mm_context_t;

// file: arch/s390/mm/pgtable.c

@includes@
@@
 #include <asm/tlb.h>
+#include <asm/gmap_dirtylog.h>

@debug_include@
@@
 #include <asm/gmap_dirtylog.h>
+#include <asm/gmap_split.h>
+#include "pgste_debug.h"

@debug_unlock@
typedef pte_t, pgste_t;
identifier ptep, pgste;
@@
 pgste_set_unlock(pte_t *ptep, pgste_t pgste)
 {
+	pgste_lock_release();
 	...
 }

@debug_set@
typedef pte_t, pgste_t;
identifier ptep, pgste, entry;
@@
 pgste_set_pte(pte_t *ptep, pgste_t pgste, pte_t entry)
 {
 <+...
+	pgste_check_change(*ptep, entry);
 	set_pte(ptep, entry);
 ...+>
 }

@xchg_commit@
identifier mm, addr, ptep, pgste, old, new;
@@
 ptep_xchg_commit(struct mm_struct *mm, unsigned long addr, pte_t *ptep,
		 pgste_t pgste, pte_t old, pte_t new)
 {
 <+...
 	pgste = pgste_set_pte(ptep, pgste, new);
+	pgste_dirtylog_zapped(mm, addr, old, new);
+	pgste_dirtylog_mark(mm, addr, *ptep);
 ...+>
 }

@modify_prot_commit@
identifier vma, addr, ptep, old_pte, pgste, pte;
@@
 ptep_modify_prot_commit(struct vm_area_struct *vma, unsigned long addr,
			 pte_t *ptep, pte_t old_pte, pte_t pte)
 {
 <+...
 	pgste = pgste_set_pte(ptep, pgste, pte);
+	pgste_dirtylog_mark(vma->vm_mm, addr, *ptep);
 ...+>
 }

@set_pte_at@
identifier mm, addr, ptep, pgste, entry;
@@
 ptep_set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep,
		 pte_t entry)
 {
 <+...
 	pgste = pgste_set_pte(ptep, pgste, entry);
+	pgste_dirtylog_mark(mm, addr, *ptep);
 ...+>
 }

@set_key@
identifier mm, addr, ptep, key, nq;
symbol new, old;
@@
 set_guest_storage_key(struct mm_struct *mm, unsigned long addr,
		       unsigned char key, bool nq)
 {
 <+...
 	pgste_set_unlock(ptep, new);
+	pgste_dirtylog_mark_key(mm, addr, old, new);
 ...+>
 }

@reset_referenced@
identifier mm, addr, ptep;
symbol new, old;
@@
 reset_guest_reference_bit(struct mm_struct *mm, unsigned long addr)
 {
 <+...
 	pgste_set_unlock(ptep, new);
+	pgste_dirtylog_mark_key(mm, addr, old, new);
 ...+>
 }

@set_key_of_large@
identifier mm, addr, paddr, key, nq;
@@
 set_guest_storage_key(struct mm_struct *mm, unsigned long addr,
		       unsigned char key, bool nq)
 {
 <+...
 	page_set_storage_key(paddr, key, 1);
+	gmap_dirtylog_mark_written(mm, addr);
 ...+>
 }

// file: arch/s390/mm/gmap.c

@debug_set_segment@
typedef pmd_t;
identifier gmap, pmdp, gaddr;
symbol new;
@@
 gmap_pmdp_xchg(struct gmap *gmap, pmd_t *pmdp, pmd_t new, unsigned long gaddr)
 {
 <+...
+	gmap_check_change(pmd_val(*pmdp), pmd_val(new));
 	set_pmd(pmdp, new);
 ...+>
 }

@link_armed@
identifier table, pmd, vmaddr, gmap, gaddr;
@@
 __gmap_link(struct gmap *gmap, unsigned long gaddr, unsigned long vmaddr)
 {
 <+...
 *table = (pmd_val(*pmd) & _SEGMENT_ENTRY_HARDWARE_BITS_LARGE)
-	| _SEGMENT_ENTRY_GMAP_UC
+	| gmap_dirtylog_link_bits(gmap->mm, vmaddr)
 ;
 ...+>
 }

@link_to_something@
symbol pmd;
identifier table, vmaddr, gmap, gaddr;
statement S1, S2;
@@
 __gmap_link(struct gmap *gmap, unsigned long gaddr, unsigned long vmaddr)
 {
 <+...
 if (*table == _SEGMENT_ENTRY_EMPTY
+	&& gmap_dirtylog_can_link(*pmd)
 ) S1 else S2
 ...+>
 }

@link_opens@
typedef pmd_t;
identifier gmap, gaddr, vmaddr, table;
expression to;
@@
 __gmap_link(struct gmap *gmap, unsigned long gaddr, unsigned long vmaddr)
 {
 <+...
 	gmap_pmdp_xchg(gmap, (pmd_t *)table, to, gaddr);
+	gmap_dirtylog_segment(gmap->mm, vmaddr, *table);
 ...+>
 }

@unlink@
identifier gmap, vmaddr, flush, entry;
@@
 __gmap_unlink_by_vmaddr(struct gmap *gmap, unsigned long vmaddr)
 {
 <+...
 	flush = (*entry != _SEGMENT_ENTRY_EMPTY);
+	gmap_dirtylog_segment(gmap->mm, vmaddr, *entry);
+	gmap_split_drop(gmap, entry, vmaddr);
 ...+>
 }

@clear_segment@
identifier mm, vmaddr, purge, gaddr, pmdp;
symbol gmap;
@@
 gmap_pmdp_clear(struct mm_struct *mm, unsigned long vmaddr, int purge)
 {
 <+...
 	gaddr = __gmap_segment_gaddr((unsigned long *)pmdp);
+	gmap_dirtylog_segment(mm, vmaddr, pmd_val(*pmdp));
+	gmap_split_drop(gmap, (unsigned long *)pmdp, vmaddr);
 ...+>
 }

@idte_segment_local@
identifier mm, vmaddr, gaddr, entry;
symbol gmap;
@@
 gmap_pmdp_idte_local(struct mm_struct *mm, unsigned long vmaddr)
 {
 <+...
 	gaddr = __gmap_segment_gaddr(entry);
+	gmap_dirtylog_segment(mm, vmaddr, *entry);
+	gmap_split_drop(gmap, entry, vmaddr);
 ...+>
 }

@idte_segment_global@
identifier mm, vmaddr, gaddr, entry;
symbol gmap;
@@
 gmap_pmdp_idte_global(struct mm_struct *mm, unsigned long vmaddr)
 {
 <+...
 	gaddr = __gmap_segment_gaddr(entry);
+	gmap_dirtylog_segment(mm, vmaddr, *entry);
+	gmap_split_drop(gmap, entry, vmaddr);
 ...+>
 }

@fixup_opens_page@
identifier gmap, gaddr, vmaddr, prot, mm, fault_flags, unlocked;
statement S;
@@
 gmap_pte_op_fixup(struct gmap *gmap, unsigned long gaddr, unsigned long vmaddr, int prot)
 {
 <+...
+	if (gmap_split_fault(gmap, gaddr, vmaddr, fault_flags))
+		return 0;
 	if (fixup_user_fault(mm, vmaddr, fault_flags, &unlocked)) S
 ...+>
 }

// file: arch/s390/include/asm/hugetlb.h

@hugetlb_includes@
@@
 #include <asm/page.h>
+#include <asm/gmap_dirtylog.h>

@host_opens@
identifier vma, addr, ptep, pte, dirty, changed;
statement S;
@@
 huge_ptep_set_access_flags(struct vm_area_struct *vma,
			    unsigned long addr, pte_t *ptep,
			    pte_t pte, int dirty)
 {
 <+...
 if (changed
+	&& !gmap_dirtylog_host_opens(vma->vm_mm, addr, ptep, pte)
 ) S
 ...+>
 }

// file: arch/s390/mm/hugetlbpage.c

@host_set@
identifier mm, addr, ptep, pte, rste;
@@
 __set_huge_pte_at(struct mm_struct *mm, unsigned long addr,
		     pte_t *ptep, pte_t pte)
 {
 <+...
 	set_pte(ptep, __pte(rste));
+	gmap_dirtylog_host_changed(mm, addr, rste);
 ...+>
 }
