/**
 * Every word that stands in the path of a documented operation: what may be told of a call is made of these, for whatever
 * else stands there can be someone's name or number. A spec holds it to the catalogue.
 */
export const VOCABULARY: ReadonlySet<string> = new Set(
  `
abnormal-fund-processing account acquiring-bank acquiringbank activate activate-informations activities
activity add add-user-records addInstitutionsub addrecommendconf addsubdevconfig after-sales-orders
aggracct-bc alter amounts apiv2getsignkey apiv2sandbox app app-pre-entrust-sign app-presign
app-with-contract appauth appids application applications apply apply-abnormal-refund apply-abnormal-settle
apply-cancel-withdraw apply-for-scene apply4sub apply4subject applyment applyment-id applyment4sub
applyment_id applyments areas assess-user-risk-level assign associate associate-stores associated-stores
attendance audit authcode authcodetoopenid authentications authindex authinfo authorization
authorization-code authorization-state authorization-url authorizations avail-mch-ranges
available_abroad_amounts balance bank bank-batch-transfer bank-channel-account bank-favor
bank-multi-activity bank-transfer bank-transfer-recharges bankquerymchauditinfo banks base-information
batch-create batch-id batches batchquerycomment bill bill-download-url bill-id bill-receipt bill-type
billcommentsp billdownload bills bind bindrecipient bonus branches brand brand-basic brand-configs brand-id
brand-merchant-batches brand-merchant-out-batches brand-redpacket brands brandstores budget build busifavor
business-code business_code businesscircle callback callbacks cancel cancel-applications cancel-applyment
cancelbill capital capitallhh card card-configs card-links card-member card-template cards catering
certificates cgi-bin changecustompagestatus changegoldplanstatus changerentmoney channelquerymchauditinfo
channelsetting charge charity-budget charity-transfer-bills check check-opened check-status cities claim
close close-advertising-show closecombinedorder closeorder codepay codes combine-papay combine-transactions
combinedorder commit commit_status companies compensate-bills complaint-notifications complaints
complaints-v2 complete compliance confirm consume contract contract-id contractorder contracts
control-orders corporate-banking coupon-bundles coupon-stocks couponcodes coupons create create-taxi-company
createhotelbill createrentbill credit-repayment cup customdeclareorder customdeclarequery
customdeclareredeclare customentrances customs day-end-balance-withdraw dayendbalance deactivate debt-state
decrypt-code deduct deduct-orders deduction delete deletecontract delivery-plan delivery-plans deposit
deposit-after-sales-compensation-bills deposit-insurance-premiums-compensation-bills
deposit-shipping-cost-compensation-bills detail-id detail-receipts details development-config
device-inspections devices direct-complete disassociate disassociate-stores discount-card domain domestic
download downloadbill downloadfundflow driver drivers ebike ec-trade-risk echo ecommerce edu-papay edu-star
eduschoolpay elecsign electronic-receipts elecvoucherfile employees enddaybalance enhanced-due-diligence
entity-matches entrustweb entry etc exchange-coupon exit exposure express ext-payment face face-collections
facemch facepay facepayquery facepayreverse fail-notify fapiao fapiao-applications fapiao-file fapiao-files
fapiaomerchant favor feedbacks file find find-by-token finish-order finishhotelbill finishrentbill fund
fund-app fundflowbill funds-to-oversea get_wxpayface_authinfo getaccesstoken getcertficates gethbinfo
getpublickey getrealnameinfo getsignkey getspinviteurl getstate gettransferinfo getupgradestate getviolation
global goldplan goods goods-subsidy-activity gov guides h5 h5-pre-entrust-sign h5-presign h5entrustweb
harmony harmony-plan-id highway hire-power-bank hk id image-generation-tasks image-upload images import
import-by-openid import-by-phone inactive-merchant-identity-verification income-records individual-contracts
industry-coupon industry-rebate info insert-cards inspolicymgr instal insurance insurance-claim-bills
insurance-compensation-contracts insurance-orders insurance-pay insurance-sign invalid invalidate invoicing
iotmanage issue issue-general issue-passenger-transport issue-refined-oil items jsapi jsapi-pre-entrust-sign
jsapi-with-contract listspinvitemchinfo lock lovefeast mark marketing materials mch mch-manage
mch-manage-records mch-manage-submissions mch-operation-manage mch-transfer mch_archives mch_media
mch_operate mchalterapply mchcontactalterapplyment mchrisk mchsubjectalterapplyment med-ins media
membercard-activity membercard-open membership-activities merchant merchant-bill merchant-configs
merchant-identifiers merchant-limitations merchant-plan-no merchant-risk-manage merchant-service
merchant-settle-rule-applications merchant-settlement merchant-sign-plan-no merchant-storage merchant-store
merchantfund merchantnamealterapplyment merchants merchantshoppingreceiptjumpinfos micro micropay
mini-program miniprogram miniprogram-pre-entrust-sign mix-trade-no mkt mmpaymkttransfers mmpaysptrans modify
modify-goods-id modify-settlement modifyInstitutionsub modifyarchives modifycontactinfo modifymchinfo
multiprofitsharing multiuse mweb n-qualifications native negotiation-historys new-tax-control-fapiao
newcustoms normal notification notify notify-configs notify-url offlineface offlinefacemch
open-advertising-show open-scenario-speaker open-scenario-speakerorder openid orderquery orders
organizations out-apply-no out-authorization-no out-batch-no out-bill-no out-contract-code out-detail-no
out-details out-quota-cards out-recharge-no out-refund-no out-request-no out-reservation-no out-return-no
out-trade-no out-transfer-no out-user-id oversea packages palmservice papay paporderquery pappayapply
parking parking-fee parking-lot parkings partner partner-papay partner-transfer partnerpay partnerships
passthrough password-exempt-contract pause pay pay-devices pay-receipts pay-redirect-sign pay-view-tokens
pay_bank payafter-orders payapply paygiftactivity payitil payment payment-url payroll-card payscore
payscore-plans paywwsptrans2pocket permission permission-tokens permissions personal-banking
phone-membercard phonenumber-member plan plan-id platsolution points policies policy-period-id
policy-periods policy_periods pre-auth-tokens pre-entrust-sign pre-entrust-sign-with-real-name-identity
pre-order pre-order-with-auth pre-send pre-send-coupon pre-send-coupon-bundle pre-transfer
pre-transfer-with-authorization preauthorize prebind preentrustweb preopen prepare prepay
prepay-settle-orders presign preview-url print-orders printers product-authorities product-coupon
product-coupons profit-sharing profitsharing profitsharingaddreceiver profitsharingfinish
profitsharingmerchantratioquery profitsharingorderamountquery profitsharingquery profitsharingremovereceiver
profitsharingreturn profitsharingreturnquery promotion proof provinces publish punch punish qq qrcode qs
qualification qualifications query query-day query-risk-trades queryInstitutionsub query_bank
query_coupon_stock queryautowithdrawbydate querycombinedorder querycontract querycouponsinfo
queryexchagerate queryhotelbill querymchrisk queryorder queryrentbill querystate querysubdevconfig
queryworkwxredpack querywwsptrans2pocket quota-cards rate-activity real-estate-leasing realname realnameauth
reautowithdrawbydate receipt receipts receivers recharge recharge-balance recharge-employees recharges
recipients recover recv-dispose-result redeclare refund refund-flow refund-flow-by-day refundable-amounts
refundable-balance refundquery refundqueryv2 refunds refundv2 registerdeductinfo relations reminders rename
renew repayment repayment-url report report-trade-union-information representative representatives
reservation reservation-id response response-immediate-service restart result resume retail-industry
retail-store-act return return-advance return-orders return-receipts returnorders reverse revoke rights risk
scannedpos schedule schedule-records scheduled-deduct-sign schedules search search-banks-by-bank-account
secapi secsvc security send send-flow send-pendingmessage send-prepaidmessage send_coupon sendgroupredpack
sendminiprogramhb sendredpack sendworkwxredpack service-account-applications service-id service-modules
service-provider serviceorder servicepayondeliveryorder servicequotas services
set-advertising-industry-filter set-service-module-data setmchriskcallback settle settlement settlementquery
settlements shake-activities shopping-receipt shoppingreceipts shorturl sign sign-plan signcontract signfile
smartguide smartretail-orders sncode sp-openid special-reduction start state statements stock-bundles stocks
stop store stores sub-mch-authorizations sub-mch-compensation-bills sub-mchid sub-merchant-fundflowbill
sub_merchants subject-sub-merchants submchmanage submission-files submit submit-account-hosting-applyment
submit-sign-verify-info submitupgrade subsidies subsidy summary summary-receipts sync sync-status
syncmchriskresult tasks tax-codes taxi taxi-companies taxi-company taxi-invoice taxies terminate
terminate-contract title-url token-validations tokens tools trade-bill trade-risk-information
trade-risk-result tradebill transaction-block transaction-block-records transaction-block-submissions
transactions transfer transfer-batches transfer-bill-no transfer-bills transfer-detail transfer-instructions
transfer-to-qq-wallet-bills transferdownload transfers transform transit try unavailable unbind
unbind-card-link unbindrecipient unfreeze unifiedorder unique-threshold-activity unlock update update-budget
update-driver update-refund-progress update-taxi upgrade upload upload-coupon-codes upload-fapiao-file
upload-file upload-image uploadmedia use use-flow use-flow-by-day user user-authorizations user-cards
user-confirm-authorization user-confirm-authorizations user-feeds user-id user-notifications user-points
user-qualifications user-service-state user-services user-sign-plans user-taxi-order user-taxi-orders
user-title users v2 v3 validate-cancel vehicle verifications verify verify-certificate video_upload
violation-notifications wb-channel web-pre-entrust-sign webizpay weekly-discount wesure withdraw
withdraw-favor withdraw-id withdrawl-apply wxv xdc zhejiang
`
    .trim()
    .split(/\s+/),
)
