"""Intervals, tests and resampling: pure functions on counts and arrays, of numpy and scipy alone.

What cannot be computed is `None`, never NaN; each docstring says when. `ValueError` means misuse (a negative count, a
level outside 0..1). Randomness is handed in as a seed, so that the same counts give the same numbers.

========================  =====================================================================================
`intervals`               one proportion, one mean, one difference, one ratio
`gaps`                    the largest difference and smallest ratio among groups, simultaneously; power
`permutation`             is a gap among groups more than chance, from counts alone
`multiplicity`            many tests at once
`strata`                  two groups compared within strata
`bootstrap`               what has no closed form, drawn from counts
`ranking`                 ROC curves and AUC from histograms
`calibration`             do predicted probabilities come true
`regression`              errors of predicted numbers, from moments
`paired`                  two models on the same cases
`effect`                  sizes of effects and of inequality
`agreement`               do raters agree
`drift`                   do two samples have one distribution
`order`                   the median of more numbers than memory holds; intervals of quantiles
`power`                   how many cases a comparison needs
`sequential`              looking at a comparison more than once
`membership`              who was in the training data, by a model's losses
`exposure`                how far a planted sequence stands out, in bits
`residual_risk`           attacks on synthetic data beyond a control
`privacy_loss`            epsilon of differentially private training
`sampling`                sums and samples that merge exactly, in any order
========================  =====================================================================================
"""
