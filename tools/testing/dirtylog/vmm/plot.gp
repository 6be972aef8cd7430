# SPDX-License-Identifier: GPL-2.0
#
# The demo's picture: pages sent per round as bars, what the harvest cost as a
# line, one panel per mode.
#
#	gnuplot -e "data='FILE'; out='PREFIX'" plot.gp
#
# FILE has the lines between "=== DATA demo ===" and "=== END ==="; the result is
# PREFIX.svg and PREFIX.png.

if (!exists("data") || !exists("out")) {
	print "usage: gnuplot -e \"data='FILE'; out='PREFIX'\" plot.gp"
	exit status 2
}

modes = system("awk '!/^[#=]/ && NF > 9 && !seen[$1]++ { print $1 }' '".data."'")
panels = words(modes)
if (panels == 0) {
	print "plot.gp: no data in ".data
	exit status 2
}
of(mode) = "< tr -d '\\r' <'".data."' | awk '$1 == \"".mode."\" && NF > 9'"
during(mode, phase) = "< awk '$1 == \"".mode."\" && $3 == \"".phase."\"' '".data."'"

phases = "sparse dense hot stop"
tints = "#eaf2fb #fdf1e3 #fbe6e8 #e9e9ec"
inks = "#2f6db0 #c9751a #b5323f #5b5b66"
describe(i) = i == 1 ? "sparse: random pages" : i == 2 ? "dense: a sweep" : \
	i == 3 ? "hot spot" : "stop"

title_of(mode) = mode eq "get" ? "get: KVM\\_GET\\_DIRTY\\_LOG takes and protects" : \
	mode eq "clear" ? "clear: KVM\\_GET\\_DIRTY\\_LOG, then KVM\\_CLEAR\\_DIRTY\\_LOG in chunks" : \
	mode eq "init-set" ? "init-set: as clear, all pages dirty at the start" : mode

# Times run over decades: full passes are milliseconds, the hot spot is microseconds
stats "< awk '!/^[#=]/ && NF > 9' '".data."'" using 4 nooutput
top_pages = STATS_max
stats "< awk '!/^[#=]/ && NF > 9' '".data."'" using 6 nooutput
top_us = 10 ** ceil(log10(STATS_max * 1.5))
low_us = 10 ** floor(log10(STATS_min > 1 ? STATS_min / 1.5 : 1))

set style fill solid 0.9 noborder
set boxwidth 0.62
set border 11 lc rgb "#888888"
set grid ytics lc rgb "#d0d0d0" lw 0.6
set tics nomirror textcolor rgb "#333333"
set key off
set ytics format "%.0f"
set y2tics ("1 µs" 1, "10 µs" 10, "100 µs" 100, "1 ms" 1e3, "10 ms" 1e4, "100 ms" 1e5, \
	"1 s" 1e6, "10 s" 1e7)
set logscale y2 10
set y2range [low_us:top_us]
set yrange [0:top_pages * 1.18]

do for [kind in "svg png"] {
	if (kind eq "svg") {
		set terminal svg size 1000, 90 + 290 * panels font "DejaVu Sans,13" \
			background rgb "#ffffff"
	} else {
		set terminal pngcairo size 1500, 135 + 435 * panels font "DejaVu Sans,15" \
			background rgb "#ffffff"
	}
	set output out.".".kind
	set multiplot layout panels, 1 margins screen 0.085, screen 0.895, \
		screen 0.14 / panels, screen 1 - 0.21 / panels \
		spacing screen 0, screen 0.23 / panels \
		title "{/:Bold Pre-copy of a running guest}: pages sent per round (bars)".\
		" and what the harvest cost (line)" offset 0, -0.3

	do for [p = 1:panels] {
		mode = word(modes, p)
		unset object
		unset label
		set xlabel ""
		do for [i = 1:words(phases)] {
			phase = word(phases, i)
			n = int(system("awk '$1 == \"".mode."\" && $3 == \"".phase.\
				"\" { n++ } END { print n + 0 }' '".data."'"))
			if (n == 0) { continue }
			stats during(mode, phase) using 2 nooutput
			set object i rectangle from STATS_min - 0.5, graph 0 \
				to STATS_max + 0.5, graph 1 \
				behind fillcolor rgb word(tints, i) fillstyle solid 1 noborder
			set label i "".describe(i) at (STATS_min + STATS_max) / 2.0, graph 0.945 \
				center front textcolor rgb word(inks, i)
			last = STATS_max
		}
		set xrange [0.5:last + 0.5]
		set xtics 1, last > 40 ? 10 : last > 20 ? 2 : 1, last
		set title title_of(mode) offset 0, -0.6
		set ylabel "pages sent" offset 0, 0
		set y2label "harvest (log scale)" offset -0.5, 0 textcolor rgb "#1d1d24"
		if (p == panels) { set xlabel "round" offset 0, 0.5 }
		plot for [i = 1:words(phases)] of(mode) using 2:\
			(strcol(3) eq word(phases, i) ? column(4) : NaN) \
			with boxes lc rgb word(inks, i), \
			of(mode) using 2:4:($4 < top_pages * 0.04 ? strcol(4) : "") \
			with labels offset 0, 0.6 textcolor rgb word(inks, 3), \
			of(mode) using 2:6 axes x1y2 with linespoints \
			lc rgb "#1d1d24" lw 1.6 pt 7 ps 0.6
	}
	unset multiplot
	unset output
}
